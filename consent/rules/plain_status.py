"""Where an application stands in one organization, in the words of its administrator."""

from __future__ import annotations

from dataclasses import dataclass

from consent.rules.drift import Drift
from consent.rules.status import Condition, Status


@dataclass(frozen=True)
class Plain:
    """`tone` is the slug of a status, which has a color and a symbol; `text` completes `headline`."""

    tone: str
    label: str
    headline: str
    text: str = ""

    @property
    def icon(self) -> str:
        return f"st-{self.tone}"


def plain_status(
    *, status: Status, condition: Condition, drift: Drift, asks: bool, name: str, organization: str
) -> Plain:
    """Return the words for a status. `asks`: the application has published what it asks for."""
    if not asks and status in {Status.NEVER_CONSENTED, Status.UNVERIFIED}:
        return Plain(
            "unverified", "Asks for nothing", f"{name} asks {organization} for nothing yet.", "Nothing to do."
        )
    return _WORDS[status](condition, drift, name, organization)


def _in_step(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    return Plain("in-step", "Approved", f"{organization} approved everything that {name} asks for.")


def _more(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    count = len(drift.missing)
    return Plain(
        "re-consent-needed",
        "Approval needed",
        f"{_permissions(count)} {'waits' if count == 1 else 'wait'} for approval.",
        f"What {organization} uses of {name} today keeps working.",
    )


def _never(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    return Plain(
        "never-consented",
        "Not approved yet",
        f"{name} has no access to the data of {organization}.",
        "It gets none until an administrator approves.",
    )


def _withdrawn(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    if condition is Condition.DISABLED:
        return Plain(
            "revoked",
            "Switched off",
            f"Sign-in for {name} is switched off in {organization}.",
            "Approving doesn’t switch it on. At Entra: Properties › Enabled for users to sign in.",
        )
    count = len(drift.revoked)
    return Plain(
        "revoked",
        "Withdrawn",
        f"{_permissions(count)} of {name} that {organization} had approved {_was(count)} withdrawn.",
        "If that was meant, there is nothing to do.",
    )


def _surplus(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    count = len(drift.surplus)
    return Plain(
        "over-granted",
        "More than it needs",
        f"{_permissions(count)} {'is' if count == 1 else 'are'} no longer needed.",
        f"Everything that {name} asks for is approved. You can take the rest back.",
    )


def _doubtful(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    if condition is Condition.CLAIMED:
        return Plain(
            "unverified",
            "Being checked",
            "Microsoft sent somebody back with a yes.",
            "We are reading what was recorded; that usually takes a few minutes.",
        )
    if condition is Condition.UNREAD:
        return Plain("unverified", "Not read yet", f"We have not read yet what {organization} approved.")
    return Plain(
        "unverified",
        "Partly visible",
        f"We can’t see whether {_permissions(len(drift.unknown))} {_is(len(drift.unknown))} approved.",
        f"Microsoft doesn’t let {name} look this up. What we can see is approved.",
    )


def _unreachable(condition: Condition, drift: Drift, name: str, organization: str) -> Plain:
    return Plain(
        "unreachable",
        "Couldn’t be read",
        f"We couldn’t read lately what {organization} approved.",
        "Below is what we last proved, with its age. Nothing changes in your organization because of this.",
    )


_WORDS = {
    Status.IN_STEP: _in_step,
    Status.RE_CONSENT_NEEDED: _more,
    Status.NEVER_CONSENTED: _never,
    Status.REVOKED: _withdrawn,
    Status.OVER_GRANTED: _surplus,
    Status.UNVERIFIED: _doubtful,
    Status.UNREACHABLE: _unreachable,
}


def _permissions(count: int) -> str:
    return f"{count} permission{'' if count == 1 else 's'}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
