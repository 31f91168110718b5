# ruff: noqa: N818 - these are named as what happened; the base class says that they are errors
"""Typed failures of calls to Microsoft: a cause, Microsoft's code and request ids, and a plain sentence.

The codes are those of "Microsoft Entra authentication and authorization error codes" (AADSTS).
They may grow; the classes are what the rest of the code branches on.
"""

from datetime import datetime
from typing import ClassVar


class EntraError(Exception):
    says: ClassVar[str] = "Microsoft refused the call"
    can_pass: ClassVar[bool] = False
    by_code: ClassVar[dict[int, str]] = {}

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        error: str = "",
        retryable: bool | None = None,
        retry_after: float | None = None,
        request_id: str = "",
        client_request_id: str = "",
        at: datetime | None = None,
    ) -> None:
        super().__init__(message or self.says)
        self.message = message
        self.code = code
        self.error = error
        self.retryable = self.can_pass if retryable is None else retryable
        self.retry_after = retry_after
        self.request_id = request_id
        self.client_request_id = client_request_id
        self.at = at
        self.status = 0  # of the HTTP answer, when there was one

    @property
    def summary(self) -> str:
        """One plain sentence for people. Never holds Microsoft's own text, which may change or be forged."""
        text = self.by_code.get(self.code or 0, self.says)
        if self.code is not None:
            return f"{text} (AADSTS{self.code})."
        return f"{text} ({self.error})." if self.error else f"{text}."


class NotConsented(EntraError):
    says = "This organization has not consented to the application"


class AppDisabled(EntraError):
    says = "This organization turned off sign-in for the application"


class CredentialRejected(EntraError):
    says = "Microsoft rejected the application's credential"
    by_code: ClassVar[dict[int, str]] = {
        7000215: "Microsoft rejected the application's client secret as wrong",
        7000222: "The application's client secret has expired",
        700027: "Microsoft does not know the application's certificate, or its signature was wrong",
        7000218: "The application sent no client secret or certificate",
    }


class CredentialError(CredentialRejected):
    """We cannot use the secret or certificate ourselves. The message is a sentence without any of it."""

    @property
    def summary(self) -> str:
        return self.message or f"{self.says}."


class TenantNotFound(EntraError):
    says = "Microsoft knows no such organization"


class PolicyBlocked(EntraError):
    says = "A security policy of this organization blocked the application"


class WrongCloud(EntraError):
    says = "This organization is in another Microsoft cloud than the application"


class Throttled(EntraError):
    says = "Microsoft asked us to slow down"
    can_pass = True


class Unavailable(EntraError):
    """Nothing was learned: no answer, or one that cannot be believed."""

    says = "Microsoft could not be reached or did not give a usable answer"
    can_pass = True

    @property
    def summary(self) -> str:
        return f"{self.says}: {self.message}." if self.message else f"{self.says}."


class Refused(EntraError):
    pass


class Forbidden(EntraError):
    says = "Microsoft Graph did not let the application read this"


class SignInFailed(EntraError):
    """The message is written by us and says what was wrong; `code` is set when Microsoft gave one."""

    says = "The sign-in did not succeed"

    @property
    def summary(self) -> str:
        return f"{self.message or self.says}."


class MalformedReturn(ValueError):
    """A return from Microsoft's consent page that Microsoft would not have sent."""


class ManifestError(ValueError):
    """One clear sentence about what is wrong with a list of required permissions."""
