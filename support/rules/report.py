"""One failure as it is reported: the JSON of the API, and of a line of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from entra.types import Kind

MOST_ROWS: Final = 1000  # in one batch
AHEAD: Final = timedelta(days=1)  # that a reporter's clock may be ahead of ours
DENIED: Final = "has to be 206, or 400 to 599: other answers are no failures"
LATEST: Final = 253_402_300_799  # the last second of the year 9999

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
# A pattern is read ten times as fast as a UUID is made, and each row has four.
Guid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=16_000)]
Name = Annotated[str, StringConstraints(max_length=200)]
Seconds = Annotated[int, Field(ge=0, le=LATEST)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def is_denied(status: int) -> bool:
    """Whether Microsoft refused, or answered in part only."""
    return status >= 400 or status == 206


def _denied(status: int) -> int:
    if not is_denied(status):
        raise PydanticCustomError("not_denied", DENIED)
    return status


class TokenReport(Strict):
    """Claims of the token that the call carried. Never the token itself."""

    kind: Kind | None = Field(
        None, description="`application` for an app-only token, `delegated` for a person's."
    )
    aud: Short | None = None
    appid: Guid | None = None
    tid: Guid | None = None
    oid: Guid | None = None
    roles: Annotated[list[Name], Field(max_length=500)] | None = Field(
        None, description="The claim `roles`; an empty list when the token has none."
    )
    scp: Annotated[list[Name], Field(max_length=500)] | Long | None = Field(
        None, description="The claim `scp` as it came: one string with spaces; a list is taken too."
    )
    wids: Annotated[list[Guid], Field(max_length=200)] | None = None
    iat: Seconds | None = None
    exp: Seconds | None = None


class Report(Strict):
    """One call to Microsoft that was denied, or only partly answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"type": "string"}}}
                for name in ("client_request_id", "request_id", "correlation_id")
            ]
        }
    )

    occurred_at: AwareDatetime = Field(description="ISO 8601 with a zone.")
    tenant_id: Guid | None = Field(None, description="The customer's tenant.")
    application: Guid | None = Field(None, description="The client id; only the key's own is taken.")
    client_request_id: Id | None = None
    request_id: Id | None = Field(None, description="Of the token endpoint: its trace id.")
    correlation_id: Id | None = None
    method: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,10}$")] | None = None
    url: Annotated[str, StringConstraints(max_length=8_000)] | None = Field(
        None, description="Values of its query are cut off before it is stored."
    )
    status: Annotated[int, Field(ge=206, le=599), AfterValidator(_denied)] = Field(
        description="206, or 400 to 599.",
        json_schema_extra={"anyOf": [{"const": 206}, {"minimum": 400}]},
    )
    error: dict[str, Any] | Long | None = Field(
        None, description="The body of Microsoft's answer as it came: an object, or text."
    )
    headers: Annotated[dict[Short, Long], Field(max_length=200)] | None = Field(
        None, description="Of Microsoft's answer; names in any case. Few are stored."
    )
    token: TokenReport | None = None

    @model_validator(mode="after")
    def _has_an_id(self) -> Report:
        if not (self.client_request_id or self.request_id or self.correlation_id):
            raise PydanticCustomError(
                "no_id", "has no id: one of client_request_id, request_id and correlation_id is needed"
            )
        return self


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row, in words that follow its number."""

    field: str  # empty: the row as a whole
    says: str

    def about(self, row: str) -> str:
        return f"{row}: {self.field} {self.says}." if self.field else f"{row} {self.says}."


class ReportError(ValueError):
    """One row of a batch cannot be taken, so none is."""

    def __init__(self, row: int, problem: Problem) -> None:
        super().__init__(problem.about(f"Row {row}"))
        self.row = row
        self.problem = problem


class OtherApplicationError(ReportError):
    """A row names an application that is not the key's."""


_ONE = TypeAdapter(Report)
_MANY: TypeAdapter[list[Report]] = TypeAdapter(Annotated[list[Report], Field(max_length=MOST_ROWS)])


def read(text: bytes) -> list[Report]:
    """Return the failures of a JSON text: one object, or an array of up to a thousand.

    Raises ReportError for the first that is not one.
    """
    many = text.lstrip()[:1] == b"["
    try:
        return _MANY.validate_json(text) if many else [_ONE.validate_json(text)]
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        place = list(error["loc"])
        row = place.pop(0) if many and place and isinstance(place[0], int) else 0
        if many and error["type"] == "too_long" and not place:
            row = MOST_ROWS
        raise ReportError(int(row) + 1, _problem(error, place)) from None


def checked(values: Mapping[str, Any]) -> Report:
    """Return a failure made of Python values. Raises ReportError."""
    try:
        return _ONE.validate_python(dict(values), strict=False)
    except ValidationError as failure:
        error = failure.errors(include_url=False, include_input=False)[0]
        raise ReportError(1, _problem(error, list(error["loc"]))) from None


@dataclass(frozen=True)
class Span:
    """The times whose failures are taken."""

    oldest: datetime
    newest: datetime
    days: int

    @classmethod
    def until(cls, now: datetime, *, days: int) -> Span:
        return cls(now - timedelta(days=days), now + AHEAD, days)

    def problem_of(self, report: Report) -> Problem | None:
        if report.occurred_at > self.newest:
            return Problem("occurred_at", "lies more than a day ahead")
        if self.is_over(report):
            return Problem("occurred_at", f"lies more than {self.days} days back, longer than rows are kept")
        return None

    def is_over(self, report: Report) -> bool:
        return report.occurred_at < self.oldest


_GUIDS = frozenset(
    {"tenant_id", "application", *(f"token.{name}" for name in ("appid", "tid", "oid", "wids"))}
)
_SAYS = {
    "missing": "is missing",
    "extra_forbidden": "is no field of a failure",
    "timezone_aware": "has to name its zone, such as 2026-11-23T09:00:00Z",
    "string_type": "has to be text",
    "int_type": "has to be a whole number",
    "list_type": "has to be a list",
    "dict_type": "has to be an object",
    "model_type": "has to be an object",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "holds characters that do not belong there",
    "string_too_long": "has more than {max_length:,} characters",
    "too_long": "has more than {max_length:,} entries",
    "greater_than_equal": "has to be {ge:,} or more",
    "less_than_equal": "has to be {le:,} or less",
    "literal_error": "has to be {expected}",
}


def _problem(error: ErrorDetails, place: list[int | str]) -> Problem:
    """Say it without a word of what was sent, except the field's own name."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "json_invalid":
        return Problem("", f"is not JSON ({context.get('error', 'unreadable')})")
    if kind == "too_long" and not place:
        return Problem("", f"is one too many: a batch has at most {MOST_ROWS:,}")
    field = ".".join(_plain(str(part)) for part in place[: 2 if place[:1] == ["token"] else 1])
    return Problem(field, _says(kind, field, error["msg"], context))


def _says(kind: str, field: str, message: str, context: Mapping[str, Any]) -> str:
    if kind in ("not_denied", "no_id"):
        return message
    if field in _GUIDS:
        return "has to be a GUID"
    if field == "status" and kind.startswith(("greater", "less")):
        return DENIED
    if field == "error":
        return "has to be an object, or text of at most 16,000 characters"
    if kind.startswith("datetime"):
        return "has to be a time as ISO 8601, such as 2026-11-23T09:00:00Z"
    return _SAYS.get(kind, "is not valid").format(**context)


def _plain(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:40])
