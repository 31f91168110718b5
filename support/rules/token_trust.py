"""Why a token can't be Microsoft's. That none of this is found proves nothing: no signature is verified."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from entra.types import CLOUDS, is_guid
from support.rules.plain_text import visible
from support.rules.token_reading import Reading, What

# "Access token claims reference": iss of both versions. "National clouds": the hosts.
_ISSUER = re.compile(r"https://([a-z.]+)/([0-9a-f\-]{36})/(?:v2\.0)?", re.IGNORECASE)
_HOSTS: Final = frozenset(
    {host for cloud in CLOUDS.values() for host in cloud.login_hosts}
    | {"sts.windows.net", "sts.chinacloudapi.cn"}
)
# RFC 7515, sections 4.1.2 to 4.1.6: where a verifier that believes a header would take the key from.
_KEYS: Final = {
    "jku": "names an address to fetch keys from (jku), which was not followed",
    "x5u": "names an address to fetch a certificate from (x5u), which was not followed",
    "jwk": "brings its own key (jwk)",
    "x5c": "brings its own certificate (x5c)",
}


def doubts(reading: Reading) -> tuple[str, ...]:
    """Return what Microsoft Entra ID would never have issued, each as the end of "It …"."""
    if reading.what is What.ASSERTION:
        return ()  # the application makes that itself, as it likes
    found = [*_of_header(reading.header), *_of_issuer(reading.claims)]
    if reading.header_flaw:
        found.append("has a header that breaks the rules of JWT")
    return tuple(found)


def _of_header(header: Mapping[str, Any]) -> Iterator[str]:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or not algorithm:
        yield "doesn’t say how it is signed"
    elif algorithm.lower() == "none":
        yield "isn’t signed at all (alg is none)"
    elif algorithm.upper().startswith("HS"):
        yield f"is signed with a shared secret ({visible(algorithm)}): whoever checks it could have made it"
    elif algorithm != "RS256":
        yield f"is signed with {visible(algorithm)}; Microsoft Entra ID signs with RS256"
    yield from (words for name, words in _KEYS.items() if name in header)


def _of_issuer(claims: Mapping[str, Any]) -> Iterator[str]:
    issuer, tenant = claims.get("iss"), claims.get("tid")
    if not isinstance(issuer, str) or not issuer:
        yield "doesn’t say who issued it"
        return
    found = _ISSUER.fullmatch(issuer)
    if found is None or found[1].lower() not in _HOSTS:
        yield f"says that {visible(issuer, ascii_only=True)} issued it, which isn’t Microsoft Entra ID"
    elif tenant is not None and not is_guid(tenant):
        yield "names a tenant by something that is no tenant ID"
    elif tenant is not None and found[2].lower() != str(tenant).lower():
        yield "names one tenant as its own and another in its issuer"
