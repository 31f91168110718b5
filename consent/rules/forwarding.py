"""The message with which an admin passes an approval link to the one who can approve."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Message:
    subject: str
    body: str

    @property
    def mailto(self) -> str:
        """RFC 6068: line breaks of the body are CR LF, everything else is percent-encoded."""
        body = quote(self.body.replace("\n", "\r\n"), safe="")
        return f"mailto:?subject={quote(self.subject, safe='')}&body={body}"


def message(
    *, application: str, organization: str, link: str, host: str, roles: str, asked: int, until: str
) -> Message:
    """`asked` is how many permissions are new; `until` the link's last day, in words."""
    task = f"approve {asked} permission{'' if asked == 1 else 's'}" if asked else "look at its permissions"
    who = f"It takes the role {roles}. " if roles else ""
    return Message(
        subject=f"Please approve {application} for {organization}",
        body=f"""Hello,

{application} asks an administrator of {organization} to {task}. What is asked, and why:

{link}

{who}The page itself needs no sign-in; approving happens at Microsoft (https://{host}/). \
The link works until {until}.

How to check that it is genuine:
{link}/genuine
""",
    )
