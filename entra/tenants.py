"""From an organization's domain to its tenant id, as Microsoft publishes it to everyone."""

import re

from entra.errors import TenantNotFound, Unavailable, WrongCloud
from entra.http import EntraSession
from entra.types import CLOUDS, Cloud, is_guid

# "OpenID Connect on the Microsoft identity platform": the issuer of a tenant's metadata.
_ISSUER = re.compile(r"https://([a-z0-9.-]+)/([0-9a-fA-F-]{36})/v2\.0")
_PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class _NoSuchTenant(TenantNotFound):
    @property
    def summary(self) -> str:
        return f"{self.message}."


def resolve_tenant(session: EntraSession, *, cloud: Cloud, name: str) -> str:
    """The tenant id. A GUID is taken as it is, in lower case: whether it exists shows at the first check."""
    text = name.strip()
    if is_guid(text):
        return text.lower()
    domain = _domain(text)
    try:
        answer = session.request_json(
            "GET", f"{cloud.authority(domain)}/v2.0/.well-known/openid-configuration"
        )
    except TenantNotFound as refusal:
        raise _not_found(f"Microsoft knows no organization with the domain {domain}", refusal) from None
    issuer = _ISSUER.fullmatch(str(answer.body.get("issuer")))
    if issuer is None or not is_guid(issuer[2]):
        raise Unavailable("its answer named no tenant", request_id=answer.request_id)
    if issuer[1] not in cloud.login_hosts:
        raise _elsewhere(domain, issuer[1])
    if issuer[2].lower() == _PERSONAL_ACCOUNTS:
        raise _NoSuchTenant(f"{domain} is a domain of personal accounts, not of an organization")
    return issuer[2].lower()


def _domain(text: str) -> str:
    try:
        domain = text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        domain = ""
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        shown = "".join(c if c.isprintable() else " " for c in text[:60])
        raise _NoSuchTenant(
            f"{shown or 'An empty text'} is neither a tenant id (a GUID) nor a domain such as contoso.com"
        )
    return domain


def _not_found(message: str, refusal: TenantNotFound) -> _NoSuchTenant:
    failure = _NoSuchTenant(
        message,
        code=refusal.code,
        error=refusal.error,
        request_id=refusal.request_id,
        client_request_id=refusal.client_request_id,
        at=refusal.at,
    )
    failure.status = refusal.status
    return failure


def _elsewhere(domain: str, host: str) -> WrongCloud:
    labels = [cloud.label for cloud in CLOUDS.values() if host in cloud.login_hosts]
    return WrongCloud(f"{domain} belongs to {' or '.join(labels) or 'another cloud'}")
