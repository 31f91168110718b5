"""What was asked of this Microsoft, newest last. Never a token, a secret, a code or a state."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Entry:
    time: str
    method: str
    path: str
    endpoint: str  # token, authorize, adminconsent, metadata, keys, graph
    tenant: str = ""
    app: str = ""
    status: int = 0
    error: str = ""  # AADSTS code or Graph's error.code
    note: str = ""  # what a consent did, the grant type, the fault that answered
    request_id: str = ""
    client_request_id: str = ""
    milliseconds: int = 0
    query: str = ""  # Graph only: its queries hold ids and names of fields


class Journal:
    def __init__(self, size: int = 5000) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=size)

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in self.entries()]
