"""What others may listen to. Whoever listens can neither delay nor fail what it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.dispatch import Signal

# A call to Microsoft on behalf of an installation has ended: `call` (entra.types.Call), `behalf`. Sent in the
# thread that made the call, so whoever hears it touches no database.
called = Signal()
# What was asked of Microsoft is written down; the database is free.
settled = Signal()


@dataclass(frozen=True)
class Behalf:
    """Whose application called, in which tenant, and with a token that says what."""

    application_id: int
    client_id: str
    tenant_id: str
    token: dict[str, Any] = field(default_factory=dict)
