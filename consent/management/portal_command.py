"""What every command of the portal has in common: its options, its exit codes and how it fails."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.db import DatabaseError

from consent.rules.status import Status
from entra.errors import EntraError, ManifestError


class Exit(IntEnum):
    DONE = 0
    ERROR = 1  # said in one sentence on standard error
    DRIFT = 2  # or a consent is needed
    CANNOT_TELL = 3  # Microsoft gave no usable answer


class _HelpFormatter(DjangoHelpFormatter):
    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap words; examples keep their lines."""
        return text if "\n" in text else super()._fill_text(text, width, indent)


class PortalCommand(BaseCommand):
    example: ClassVar[str] = ""
    # The checks are those of deploying; their warnings would mix with the command's own words.
    requires_system_checks = ()

    def add_options(self, parser: ArgumentParser) -> None:
        """Add what this command takes beside --json."""

    def perform(self, options: Mapping[str, Any]) -> Exit:
        """Do the work."""
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(
            prog_name,
            subcommand,
            epilog=f"example:\n{self.example}\n\n"
            "exit code:\n  0 done, 1 error, 2 drift or consent needed, 3 cannot tell",
            formatter_class=_HelpFormatter,
            **kwargs,
        )
        # argparse would print the whole usage and exit with 2, which means something else here.
        parser.called_from_command_line = False
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_options(parser)
        parser.add_argument("--json", action="store_true", help="Print JSON for scripts instead of words.")

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:
            if "--traceback" in argv:
                raise
            # Django says all others itself; these are of options that could not be read.
            sentence = _one_line(str(error)).removeprefix("Error: ")
            self.stderr.write(f"CommandError: {sentence}. See manage.py {argv[1]} --help.")
            sys.exit(Exit.ERROR)

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            code = self.perform(options)
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever reads has enough, as `head` does. What is buffered must not fail again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Exit.ERROR)
        except ValidationError as error:
            raise CommandError(_one_line(" ".join(error.messages))) from error
        except ManifestError as error:
            raise CommandError(_one_line(str(error))) from error
        except EntraError as error:
            raise CommandError(_one_line(error.summary)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used ({_one_line(str(error))})."
                " Check DATABASE_URL, and run manage.py migrate."
            ) from error
        if code is not Exit.DONE:
            sys.exit(code)

    def print_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, sort_keys=True))


def add_client_id(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--client-id", required=True, metavar="GUID", help="The application's client id, as Entra shows it."
    )


def add_tenant_name(parser: ArgumentParser, **kwargs: Any) -> None:
    parser.add_argument(
        "tenant", metavar="TENANT", help="The customer's tenant id (a GUID), or one of its domains.", **kwargs
    )


def label(status: Status) -> str:
    """Return a status as the pages name it."""
    words = status.value.replace("-", " ").capitalize()
    return words.replace("Re consent", "Re-consent").replace("Over granted", "Over-granted")


def _one_line(text: str) -> str:
    return " ".join(text.split())
