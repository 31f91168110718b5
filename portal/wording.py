"""The words of the portal, in one table each, shared by pages and tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Status:
    """How one tenant stands; `css` is a tone of app.css, `icon` a symbol of icons.svg."""

    slug: str
    label: str
    meaning: str
    next_step: str

    @property
    def css(self) -> str:
        return f"is-{self.slug}"

    @property
    def icon(self) -> str:
        return f"st-{self.slug}"


@dataclass(frozen=True)
class Cell:
    """How one permission stands in one tenant."""

    slug: str
    label: str
    css: str
    icon: str


# In the order of legends and filters.
STATUSES: dict[str, Status] = {
    status.slug: status
    for status in (
        Status(
            "in-step",
            "In step",
            "Every permission the current revision asks for is granted, nothing extra, proved recently.",
            "Nothing to do",
        ),
        Status(
            "re-consent-needed",
            "Re-consent needed",
            "Approved before, but at least one required permission isn't granted.",
            "Send approval link",
        ),
        Status(
            "never-consented",
            "Never consented",
            "No grant has ever been seen.",
            "Send approval link",
        ),
        Status(
            "revoked",
            "Revoked",
            "Was granted, then withdrawn or the app was disabled or removed, with no change on our side.",
            "Ask why, then send approval link",
        ),
        Status(
            "over-granted",
            "Over-granted",
            "Everything required is granted, plus permissions no longer asked for.",
            "Ask to remove, or accept",
        ),
        Status(
            "unverified",
            "Unverified",
            "Somebody told us it was approved; we have no proof yet.",
            "Check now",
        ),
        Status(
            "unreachable",
            "Unreachable",
            "We tried to read it and couldn't, and what we knew is too old.",
            "See cause, re-read",
        ),
    )
}

# Work first: the order in which lists sort.
SEVERITY: tuple[str, ...] = (
    "revoked",
    "re-consent-needed",
    "unverified",
    "unreachable",
    "never-consented",
    "over-granted",
    "in-step",
)

_SURPLUS = Cell("surplus", "Extra", "is-extra", "pc-extra")

# A surplus permission is called "Extra" on pages; both words are accepted.
CELLS: dict[str, Cell] = {
    "granted": Cell("granted", "Granted", "is-granted", "pc-granted"),
    "missing": Cell("missing", "Missing", "is-missing", "pc-missing"),
    "surplus": _SURPLUS,
    "extra": _SURPLUS,
    "unknown": Cell("unknown", "Unknown", "is-unknown", "pc-unknown"),
    "not-required": Cell("not-required", "Not required", "is-neutral", ""),
}

KINDS: dict[str, tuple[str, str]] = {
    "application": ("App", "application permission"),
    "delegated": ("Del", "delegated permission"),
}


@dataclass(frozen=True)
class RailItem:
    """One link of the left rail. `section` is how the URL names of its pages begin, or several such.

    `roles` are those that see it: all when empty. Without `of_application` it is there on every page.
    """

    url_name: str
    label: str
    icon: str
    section: str | tuple[str, ...]
    count: str = ""
    heading: str = ""
    roles: tuple[str, ...] = ()
    of_application: bool = True


RAIL: tuple[RailItem, ...] = (
    RailItem("consent:overview", "Overview", "home", "consent:overview"),
    RailItem("consent:tenant_list", "Tenants", "building", "consent:tenant", "tenants"),
    RailItem("consent:revision_list", "Revisions", "history", "consent:revision", "revisions"),
    RailItem("consent:invitation_list", "Invitations", "mail", "consent:invitation", "invitations"),
    RailItem("consent:scan_list", "Scans", "scan", "consent:scan"),
    RailItem("consent:application_detail", "Registration", "key", "consent:application_detail"),
    RailItem(
        "support:lookup",
        "Request lookup",
        "search",
        ("support:lookup", "support:failure_detail"),
        heading="Support",
        roles=("owner", "support"),
    ),
    RailItem(
        "support:failure_list",
        "Denied calls",
        "st-revoked",
        (
            "support:failure_list",
            "support:tenant_failures",
            "support:failure_upload",
            "support:failure_samples",
            "support:ingest_keys",
        ),
        roles=("owner", "support"),
    ),
    RailItem(
        "support:token",
        "Token inspector",
        "token",
        "support:token",
        roles=("owner", "support"),
    ),
    RailItem(
        "tenants:audit_list",
        "Audit log",
        "audit",
        "tenants:audit",
        heading="Administration",
        roles=("owner",),
        of_application=False,
    ),
)
