"""What a browser or a client holds for a while: browser sessions, authorization codes, refresh tokens."""

import secrets
import threading
from dataclasses import dataclass


@dataclass
class BrowserSession:
    user_key: str
    auth_time: int
    id: str = ""


@dataclass
class Code:
    app_id: str
    user_key: str
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    challenge_method: str
    auth_time: int
    expires: float
    used: bool = False


@dataclass
class RefreshToken:
    app_id: str
    user_key: str
    scopes: tuple[str, ...]
    auth_time: int


class Sessions:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._browsers: dict[str, BrowserSession] = {}
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, RefreshToken] = {}

    def sign_in(self, user_key: str, auth_time: int) -> BrowserSession:
        session = BrowserSession(user_key, auth_time, secrets.token_urlsafe(24))
        with self._lock:
            self._browsers[session.id] = session
        return session

    def browser(self, session_id: str) -> BrowserSession | None:
        return self._browsers.get(session_id)

    def sign_out(self, session_id: str) -> None:
        with self._lock:
            self._browsers.pop(session_id, None)

    def issue_code(self, code: Code) -> str:
        value = f"1.A{secrets.token_urlsafe(48)}"
        with self._lock:
            self._codes[value] = code
        return value

    def code(self, value: str) -> Code | None:
        return self._codes.get(value)

    def use_code(self, code: Code) -> bool:
        """Whether this was its first use."""
        with self._lock:
            first, code.used = not code.used, True
            return first

    def issue_refresh_token(self, token: RefreshToken) -> str:
        value = f"1.R{secrets.token_urlsafe(48)}"
        with self._lock:
            self._refresh[value] = token
        return value

    def refresh_token(self, value: str) -> RefreshToken | None:
        return self._refresh.get(value)
