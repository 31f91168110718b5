"""Are the counts that the pages show right?"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from consent.management.portal_command import Exit, PortalCommand
from consent.services.recount import recount_all


class Command(PortalCommand):
    help = (
        "Count the installations of every application and compare with the counts that the pages show."
        " Ends with 2 when they differ. With --repair the shown counts are set right, and it ends with 0."
    )
    example = "  manage.py recount --repair"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Set the shown counts right.")

    def perform(self, options: Mapping[str, Any]) -> Exit:
        repair = options["repair"]
        found = recount_all(repair=repair)
        if options["json"]:
            self.print_json(
                {"differences": [row.json() for row in found], "repaired": repair and bool(found)}
            )
        else:
            for row in found:
                self.stdout.write(
                    f"{row.application} pattern {row.pattern[:12]} {row.condition}:"
                    f" shown {row.kept}, counted {row.counted}"
                )
            self.stdout.write(_summary(len(found), repair=repair))
        return Exit.DRIFT if found and not repair else Exit.DONE


def _summary(found: int, *, repair: bool) -> str:
    if not found:
        return "Every shown count is right."
    counts = "1 shown count" if found == 1 else f"{found} shown counts"
    return f"{counts} set right." if repair else f"{counts} wrong. recount --repair sets them right."
