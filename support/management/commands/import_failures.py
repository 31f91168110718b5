"""Failures from a file, or from whatever writes them to standard input."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.utils import timezone

from consent.management import progress
from consent.management.portal_command import Exit, PortalCommand, add_client_id
from consent.queries.lookup import application_with
from support.services.imports import Imported, import_failures, skipped_words

KB = 1024


class Command(PortalCommand):
    help = (
        "Import denied calls from a file: our own, one JSON object a line, or exported"
        " MicrosoftGraphActivityLogs (JSON Lines, one array, or Event Hub's records). Of those only what was"
        " denied is taken. Good lines are stored, each once however often it is imported; bad ones are named,"
        " and then the command ends with 1."
    )
    example = (
        "  manage.py import_failures failures.jsonl --client-id 5e471e10-0000-4000-8000-0000000000c1\n"
        "  zcat logs.json.gz | manage.py import_failures - --client-id 5e471e10-0000-4000-8000-0000000000c1"
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help='The file; "-" is standard input.')
        add_client_id(parser)

    def perform(self, options: Mapping[str, Any]) -> Exit:
        application = application_with(options["client_id"])
        with _opened(options["file"]) as (file, size):
            imported = import_failures(
                application=application,
                file=file,
                person=None,
                now=timezone.now(),
                progress=lambda read: progress.draw(self.stderr, read // KB, max(size, read) // KB, "KB"),
            )
        progress.leave(self.stderr)
        self._say(imported, as_json=options["json"])
        return Exit.ERROR if imported.bad_lines else Exit.DONE

    def _say(self, imported: Imported, *, as_json: bool) -> None:
        if as_json:
            return self.print_json(imported.json())
        for bad in imported.bad:
            self.stderr.write(bad.error)
        if imported.bad_lines > len(imported.bad):
            self.stderr.write(f"… and {imported.bad_lines - len(imported.bad):,} more that cannot be read.")
        self.stdout.write(
            f"Stored {imported.new:,} failures; {imported.accepted - imported.new:,} were there before."
        )
        for words, count in skipped_words(imported):
            self.stdout.write(f"Skipped {count:,}: {words}.")


@contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, int]]:
    if name == "-":
        yield sys.stdin.buffer, 0
        return
    try:
        with Path(name).open("rb") as file:
            yield file, Path(name).stat().st_size
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or "that is no file name"
        raise ValidationError(f"The file {name} cannot be read: {why}. Check the path.") from error
