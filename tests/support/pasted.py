"""Tokens to paste, made by hand: header, claims and a signature that anybody would notice again."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from tests.factories import CONNECTOR, NOW, T1

# Long, and without a part that a claim or a page could hold by chance.
SIGNATURE = "Zq7Kx9VbN3mWcT5yRfLd8HsJgP2uEa6Q" * 10 + "Zq"
HEADER = {"typ": "JWT", "alg": "RS256", "kid": "q-23falevZhhD3hm9CQbkP5MQyU", "nonce": "of-this-token"}


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def jws(claims: object, *, header: object = HEADER, signature: str = SIGNATURE) -> str:
    return f"{part(header)}.{part(claims)}.{signature}"


def app_only(*roles: str, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Claims as Microsoft Graph's app-only tokens have them; None takes one away."""
    issued = int(at.timestamp()) - 300
    claims: dict[str, Any] = {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{changes.get('tid', T1)}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + 3900,
        "app_displayname": "Sentinel Connector",
        "appid": str(CONNECTOR),
        "appidacr": "1",
        "idtyp": "app",
        "oid": "0b1ec700-0000-4000-8000-000000000001",
        "sub": "0b1ec700-0000-4000-8000-000000000001",
        "roles": list(roles),
        "tid": str(T1),
        "uti": "uti-of-this-token",
        "ver": "1.0",
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
    }
    return _changed(claims, changes)


def delegated(*scopes: str, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    person = {
        "idtyp": "user",
        "name": "Rita Reader",
        "oid": "0b1ec700-0000-4000-8000-000000000002",
        "roles": None,
        "scp": " ".join(scopes),
        "sub": "of-rita-in-this-application",
        "upn": "rita@northwind.example",
        "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509", "5d6b6bb7-de71-4623-b4af-96380a352509"],
    }
    return app_only(at=at, **{**person, **changes})


def identity(at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """Claims of an id token of version 2.0."""
    issued = int(at.timestamp()) - 300
    claims = {
        "aud": str(CONNECTOR),
        "iss": f"https://login.microsoftonline.com/{T1}/v2.0",
        "iat": issued,
        "nbf": issued,
        "exp": issued + 3900,
        "name": "Rita Reader",
        "nonce": "of-this-sign-in",
        "oid": "0b1ec700-0000-4000-8000-000000000002",
        "preferred_username": "rita@northwind.example",
        "sub": "of-rita-in-this-application",
        "tid": str(T1),
        "ver": "2.0",
    }
    return _changed(claims, changes)


def _changed(claims: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    whole = {**claims, **changes}
    return {
        name: str(value) if name == "tid" and value is not None else value
        for name, value in whole.items()
        if value is not None
    }
