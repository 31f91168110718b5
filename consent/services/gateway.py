"""How services reach Microsoft: one session per process, and the credentials that applications name."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError

from consent.models import Application
from entra.credentials import parse_credential
from entra.errors import CredentialError
from entra.http import EntraSession
from entra.types import CLOUDS, Client, Credential

MAX_CREDENTIAL = 64 * 1024  # characters; a PEM with a long chain has a tenth of it


@cache
def _session(sandbox_url: str) -> EntraSession:
    return EntraSession(sandbox_url=sandbox_url)


def entra_session() -> EntraSession:
    """Return this process's session with Microsoft."""
    return _session(settings.ENTRA_SANDBOX_URL)


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
