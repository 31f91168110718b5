"""How services reach Microsoft: one session per process, and the credentials that applications name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from consent.models import Application, Installation
from consent.signals import Behalf, called
from entra.credentials import parse_credential
from entra.errors import CredentialError
from entra.http import EntraSession
from entra.types import CLOUDS, Call, Client, Credential

MAX_CREDENTIAL = 64 * 1024  # characters; a PEM with a long chain has a tenth of it


@cache
def _session(sandbox_url: str) -> EntraSession:
    return EntraSession(sandbox_url=sandbox_url, on_call=_tell)


def entra_session() -> EntraSession:
    """Return this process's session with Microsoft."""
    return _session(settings.ENTRA_SANDBOX_URL)


_behalf: ContextVar[Behalf | None] = ContextVar("behalf", default=None)


@contextmanager
def on_behalf(installation: Installation) -> Iterator[None]:
    """Say whose calls the next ones of this thread are."""
    application = installation.application
    with _calling(Behalf(application.pk, str(application.client_id), str(installation.tenant_id))):
        yield


@contextmanager
def with_token(facts: Mapping[str, Any]) -> Iterator[None]:
    """Say what the token of the next calls says."""
    behalf = _behalf.get()
    with _calling(replace(behalf, token=dict(facts)) if behalf else None):
        yield


@contextmanager
def _calling(behalf: Behalf | None) -> Iterator[None]:
    before = _behalf.set(behalf)
    try:
        yield
    finally:
        _behalf.reset(before)


def _tell(call: Call) -> None:
    behalf = _behalf.get()
    if behalf is not None:
        called.send_robust(sender=EntraSession, call=call, behalf=behalf)


def load_credential(reference: str) -> Credential:
    """Return the credential that "env:NAME" or "file:PATH" names.

    A value that holds a PEM private key is a certificate credential, anything else a client secret.
    Raises ValidationError with one sentence that says what to mend.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env" and name:
        value = os.environ.get(name, "")
        if not value:
            raise ValidationError(f"The environment variable {name} is not set. Set it, or name another one.")
    elif scheme == "file" and name:
        try:
            with Path(name).open() as file:
                value = file.read(MAX_CREDENTIAL)  # a device file has no end
        except (OSError, UnicodeDecodeError) as error:
            raise ValidationError(
                f"The file {name} cannot be read as text. Check the path and its permissions."
            ) from error
    else:
        raise ValidationError(
            "A credential is named as env:VARIABLE or file:PATH; the secret itself is never entered here."
        )
    if not value.strip():
        raise ValidationError(f"{reference} is empty. Put the client secret or the certificate's PEM there.")
    try:
        return parse_credential(value)
    except CredentialError as error:
        raise ValidationError(f"{error} Mend what {reference} holds.") from error


def client_of(application: Application) -> Client:
    """Return the registration to act as. Raises ValidationError when its credential cannot be loaded."""
    return Client(
        client_id=str(application.client_id),
        cloud=CLOUDS[application.cloud],
        credential=load_credential(application.credential),
    )
