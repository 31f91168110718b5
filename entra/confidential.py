"""MSAL's confidential client for one application in one tenant.

Made anew for every use: MSAL keeps tokens for an hour and replays a refusal for a minute, and
either would hide a consent that was just given or withdrawn.
"""

from dataclasses import dataclass
from typing import Any, Final

from msal import ConfidentialClientApplication, TokenCache

from entra.answers import Answer
from entra.credentials import assertion
from entra.errors import Unavailable
from entra.http import EntraSession
from entra.types import Certificate, Client, is_guid

ORGANIZATIONS: Final = "organizations"


class _NoTokenCache(TokenCache):  # type: ignore[misc]
    def add(self, event: Any, now: Any = None) -> None:
        """Keep nothing; MSAL's own would also write codes and assertions to its debug log."""


class Transport:
    """MSAL's `http_client`: discovery is answered here, as it is the same for every tenant."""

    def __init__(self, session: EntraSession, authority: str) -> None:
        self._session = session
        self._authority = authority
        self.answer: Answer | None = None

    def get(self, url: str, **_: Any) -> Answer:
        if url != f"{self._authority}/v2.0/.well-known/openid-configuration":
            raise Unavailable("MSAL asked for an address that it has no reason to ask for", retryable=False)
        found = {
            "issuer": f"{self._authority}/v2.0",
            "authorization_endpoint": f"{self._authority}/oauth2/v2.0/authorize",
            "token_endpoint": token_endpoint(self._authority),
        }
        return Answer.made_here(found)

    def post(self, url: str, **kwargs: Any) -> Answer:
        self.answer = self._session.post(url, **kwargs)
        return self.answer

    def close(self) -> None:
        """The session is shared and outlives us."""


@dataclass(frozen=True)
class Confidential:
    app: ConfidentialClientApplication
    transport: Transport

    @property
    def answer(self) -> Answer:
        """The last answer of the token endpoint; MSAL itself tells nothing of its request ids."""
        if self.transport.answer is None:
            raise Unavailable("MSAL did not ask Microsoft")
        return self.transport.answer


def token_endpoint(authority: str) -> str:
    return f"{authority}/oauth2/v2.0/token"


def confidential_client(session: EntraSession, client: Client, tenant: str) -> Confidential:
    check_tenant(tenant)
    if not is_guid(client.client_id):
        raise ValueError("an application is named by its client id, a GUID")
    authority = client.cloud.authority(tenant)
    credential: Any
    if isinstance(client.credential, Certificate):
        credential = {
            "client_assertion": assertion(
                client.credential, client_id=client.client_id, token_endpoint=token_endpoint(authority)
            )
        }
    else:
        credential = client.credential.value
    transport = Transport(session, authority)
    app = ConfidentialClientApplication(
        client.client_id,
        client_credential=credential,
        authority=authority,
        http_client=transport,
        http_cache={},
        token_cache=_NoTokenCache(),
        instance_discovery=False,
        azure_region=ConfidentialClientApplication.DISABLE_MSAL_FORCE_REGION,
        exclude_scopes=["offline_access"],
    )
    return Confidential(app, transport)


def check_tenant(tenant: str) -> None:
    """It becomes a path segment, and MSAL takes anything: only a GUID or the one allowed word passes."""
    if tenant != ORGANIZATIONS and not is_guid(tenant):
        raise ValueError("a tenant is named by its GUID")
