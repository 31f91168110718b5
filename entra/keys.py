"""Microsoft's public signing keys, fetched when needed and kept for a while."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from entra.errors import EntraError, Unavailable

if TYPE_CHECKING:
    from entra.http import EntraSession

# Keys roll without notice ("Signing key rollover in the Microsoft identity platform"): look again
# hourly and for an unknown key, but not more often than this, and survive a day without an answer.
_FRESH = timedelta(hours=1)
_USABLE = timedelta(hours=24)
_PAUSE = timedelta(minutes=5)
_MOST_KEYS = 100


@dataclass
class _KeySet:
    keys: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def younger_than(self, age: timedelta, now: datetime) -> bool:
        return self.fetched_at is not None and now - self.fetched_at < age

    def usable(self, kid: str, now: datetime) -> list[Mapping[str, Any]]:
        return self.keys.get(kid, []) if self.younger_than(_USABLE, now) else []

    def wants_fetch(self, kid: str, now: datetime) -> bool:
        if not self.younger_than(_USABLE, now):
            return True
        if self.younger_than(_FRESH, now) and kid in self.keys:
            return False
        return self.tried_at is None or now - self.tried_at >= _PAUSE


class KeyCache:
    def __init__(self) -> None:
        self._sets: dict[str, _KeySet] = {}
        self._lock = threading.Lock()

    def find(self, session: "EntraSession", *, url: str, kid: str, now: datetime) -> list[Mapping[str, Any]]:
        """The keys of that id at that address, as JSON Web Keys; raises only when none was ever read."""
        with self._lock:
            found = self._sets.setdefault(url, _KeySet())
        with found.lock:
            if found.wants_fetch(kid, now):
                self._fetch(session, url, found, now)
            return found.usable(kid, now)

    def _fetch(self, session: "EntraSession", url: str, found: _KeySet, now: datetime) -> None:
        found.tried_at = now
        try:
            keys = _by_kid(session.request_json("GET", url).body)
            if not keys:
                raise Unavailable("its list of signing keys is empty")
        except EntraError:
            if not found.younger_than(_USABLE, now):
                raise
        else:
            found.keys, found.fetched_at = keys, now


def _by_kid(body: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    entries = body.get("keys")
    keys: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries[:_MOST_KEYS] if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping) or entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
            continue
        kid = entry.get("kid")
        if isinstance(kid, str) and kid:
            keys.setdefault(kid, []).append(entry)
    return keys
