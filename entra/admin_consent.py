"""The admin consent page at Microsoft: the link to it, and what a browser brings back.

What comes back is a claim by whoever holds the browser. It proves nothing; see `entra.grants`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from entra.confidential import check_tenant
from entra.errors import MalformedReturn
from entra.refusals import describe
from entra.types import Cloud, is_guid

# "Admin consent on the Microsoft identity platform" and, for v1, "OAuth 2.0 client credentials flow".
_DECLINED_ERRORS = frozenset({"access_denied", "consent_required", "permission_denied"})
_DECLINED_CODE = 65004

_LONGEST = 4096
_LONGEST_STATE = 200
_READ = ("state", "tenant", "admin_consent", "error", "error_description", "error_subcode")

Outcome = Literal["claimed", "declined", "refused"]


@dataclass(frozen=True)
class ConsentReturn:
    """`tenant` is a hint: anybody can write it. Neither an error nor a claim makes the error "unclear".

    Only a failure can lack its state, and then it belongs to nothing that we began.
    """

    outcome: Outcome
    state: str
    tenant: str | None = None
    error: str = ""
    code: int | None = None
    description: str = ""
    subcode: str = ""
    trace_id: str = ""
    correlation_id: str = ""
    timestamp: str = ""


def consent_url(
    *,
    client_id: str,
    cloud: Cloud,
    tenant: str,
    redirect_uri: str,
    state: str,
    version: Literal["v1", "v2"] = "v1",
) -> str:
    """Microsoft's address; `tenant` is a GUID, or "organizations" for a first contact."""
    check_tenant(tenant)
    query = {"client_id": client_id, "redirect_uri": redirect_uri, "state": state}
    path = "adminconsent"
    if version == "v2":
        path = "v2.0/adminconsent"
        query["scope"] = f"{cloud.graph}/.default"
    return f"{cloud.authority(tenant)}/{path}?{urlencode(query)}"


def parse_return(params: Mapping[str, list[str]]) -> ConsentReturn:
    """Any error counts before `admin_consent`, which Microsoft sends as True with errors too."""
    read = {name: _single(params, name) for name in _READ}
    state = read["state"]
    failed = bool(read["error"] or read["error_description"] or read["error_subcode"])
    # One documented form of "the admin canceled the request" comes back without any state.
    stateless = failed and "state" not in params
    if not stateless and not re.fullmatch(rf"[\x21-\x7e]{{1,{_LONGEST_STATE}}}", state):
        raise MalformedReturn("the return has no usable state")
    if failed:
        return _failure(read)
    tenant = read["tenant"].lower() if is_guid(read["tenant"]) else None
    if read["admin_consent"].lower() == "true":
        return ConsentReturn(outcome="claimed", state=state, tenant=tenant)
    return ConsentReturn(outcome="refused", state=state, tenant=tenant, error="unclear")


def _failure(read: Mapping[str, str]) -> ConsentReturn:
    described = describe(read["error_description"])
    error = read["error"]
    # A code says more than `access_denied`, which Microsoft also sends for an account of another tenant.
    declined = described.code == _DECLINED_CODE or (described.code is None and error in _DECLINED_ERRORS)
    return ConsentReturn(
        outcome="declined" if declined else "refused",
        state=read["state"],
        tenant=read["tenant"].lower() if is_guid(read["tenant"]) else None,
        error=describe(error).text[:100] or "unclear",
        code=described.code,
        description=described.text,
        subcode=describe(read["error_subcode"]).text[:100],
        trace_id=described.trace_id,
        correlation_id=described.correlation_id,
        timestamp=described.timestamp,
    )


def _single(params: Mapping[str, list[str]], name: str) -> str:
    values = params.get(name, [])
    if len(values) > 1:
        raise MalformedReturn(f"the return has more than one {name}")
    value = values[0] if values else ""
    if len(value.encode("utf-8", "surrogatepass")) > _LONGEST:
        raise MalformedReturn(f"the {name} of the return is too long")
    if not _sent_by_microsoft(name, value):
        raise MalformedReturn(f"the {name} of the return holds characters that Microsoft does not send")
    return value


def _sent_by_microsoft(name: str, value: str) -> bool:
    # A description is prose: with line breaks, and in some languages with marks for its direction.
    if name == "error_description":
        return not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", value)
    return value.isprintable()
