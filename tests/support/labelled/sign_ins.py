"""No token was issued: what the token endpoint, the sign-in page or the consent page answered.

Facts: "Microsoft Entra authentication and authorization error codes", "Microsoft identity platform and OAuth
2.0 client credentials flow", "Unexpected error when performing consent to an application".
"""

from __future__ import annotations

from support.rules.facts import Slug, Who
from tests.support.labelled.table import (
    ALERT,
    FABRIKAM,
    INCIDENT,
    INCIDENT_RW,
    READER,
    Row,
    app,
    graph,
    nothing,
    person,
    row,
    sign_in,
    tenant,
    unread,
)

ADMIN, US, PERSON, NOBODY = Who.TENANT_ADMIN, Who.PUBLISHER, Who.PERSON, Who.NOBODY
FINE = tenant(ALERT, INCIDENT)  # everything that is asked for is granted
TOOK_ALL = tenant(asks=(INCIDENT,), withdrawn={INCIDENT: -2880}, gone=True)
REMOVED = tenant(INCIDENT, now=(), asks=(INCIDENT,), withdrawn={INCIDENT: 30}, gone=True)
OFF = tenant(ALERT, INCIDENT, condition="disabled")
UNKNOWN_APP, NO_PRINCIPAL = (700016, "unauthorized_client"), (7000229, "invalid_client")


def rows() -> list[Row]:
    return [*_never(), *_gone(), *_credential(), *_assigned(), *_policy(), *_elsewhere(), *_service()]


def _never() -> list[Row]:
    never = Slug.NEVER_CONSENTED
    why = "7000229 and 700016 both mean that a multi-tenant app has no service principal there."
    declined = "The person declined, and nothing had been granted before."
    admin = "Only an administrator may grant this, and nothing had been granted before."
    body = {"status": 401}
    return [
        row("no service principal, in a tenant that nobody added", never, sign_in(*NO_PRINCIPAL, **body),
            why=why),
        row("no service principal, and nothing was ever granted", never,
            sign_in(*NO_PRINCIPAL, **body), nothing(), why=why, who=ADMIN),
        row("no service principal, as the portal found too", never,
            sign_in(*NO_PRINCIPAL, **body), nothing(gone=True), why=why, who=ADMIN),
        row("an app unknown to the directory, and nothing was ever granted", never,
            sign_in(*UNKNOWN_APP), nothing(), why=why, who=ADMIN),
        row("an app unknown to the directory of a tenant that nobody added", never, sign_in(*UNKNOWN_APP),
            why=why),
        row("an app unknown to the directory of a tenant that was never read", never,
            sign_in(*UNKNOWN_APP), unread(), why=why),
        row("nobody consented at all", never, sign_in(65001, suberror="consent_required"), nothing(),
            why="65001 with nothing granted ever.", who=ADMIN),
        row("Cancel at the first consent", never, sign_in(65004, "access_denied"), nothing(),
            why=declined, who=PERSON),
        row("no admin at the first consent", never, sign_in(90094, "access_denied"), nothing(),
            why=admin, who=ADMIN),
        row("not allowed to grant at the first consent", never,
            sign_in(90093, "access_denied"), nothing(), why=admin, who=ADMIN),
        row("an approval was asked for in the admin's queue", never,
            sign_in(90095, "access_denied"), nothing(), why="90095: the admin approval workflow.", who=ADMIN),
        row("a risky application at the first consent", never, sign_in(900941, "", status=200), nothing(),
            why="900941: admin consent required for a risky application.", who=ADMIN),
    ]  # fmt: skip


def _gone() -> list[Row]:
    gone = Slug.APP_DISABLED_OR_REMOVED
    switched = "7000112: the service principal is disabled there; its grants still stand."
    removed = (
        "Grants had been proved; without a service principal they are gone: removed, not never consented."
    )
    disabled = (7000112, "unauthorized_client")
    return [
        row("switched off, with every grant in place", gone, sign_in(*disabled), FINE,
            why=switched, who=ADMIN),
        row("switched off, as the portal found too", gone, sign_in(*disabled), OFF, why=switched, who=ADMIN),
        row("switched off in a tenant that nobody added", gone, sign_in(*disabled), why=switched, who=ADMIN),
        row("switched off after some grants were withdrawn", gone, sign_in(*disabled),
            tenant(ALERT, asks=(ALERT, INCIDENT), withdrawn={INCIDENT: -60}), why=switched, who=ADMIN),
        row("removed since the last proof, seen as unknown app", gone, sign_in(*UNKNOWN_APP), REMOVED,
            why=removed, who=ADMIN),
        row("removed since the last proof, seen as no principal", gone,
            sign_in(*NO_PRINCIPAL, status=401), REMOVED, why=removed, who=ADMIN),
        row("removed before the call, all grants with it", gone,
            sign_in(*NO_PRINCIPAL, status=401), TOOK_ALL, why=removed, who=ADMIN),
        row("removed before the call, seen as unknown app", gone, sign_in(*UNKNOWN_APP), TOOK_ALL,
            why=removed, who=ADMIN),
    ]  # fmt: skip


def _credential() -> list[Row]:
    ours = Slug.APP_CREDENTIAL
    failed = {"error": "invalid_client", "status": 401}
    why = "Our own secret or certificate; no tenant can mend it."
    lacking = tenant(ALERT, asks=(ALERT, INCIDENT))
    broken = tenant(ALERT, INCIDENT, credential_error="The secret has expired")
    return [
        row("a wrong secret", ours, sign_in(7000215, **failed), FINE, why=why, who=US),
        row("a wrong secret, in a tenant that never consented", ours, sign_in(7000215, **failed), nothing(),
            why=why, who=US),
        row("a wrong secret, in a tenant that nobody added", ours, sign_in(7000215, **failed),
            why=why, who=US),
        row("an expired secret, where grants are lacking too", ours, sign_in(7000222, **failed), lacking,
            why=why, who=US),
        row("an expired secret, as the portal's own checks say", ours, sign_in(7000222, **failed), broken,
            why=why, who=US),
        row("a certificate that was rotated", ours, sign_in(700027, **failed), FINE, why=why, who=US),
        row("neither secret nor certificate", ours, sign_in(7000218, **failed), FINE, why=why, who=US),
    ]  # fmt: skip


def _assigned() -> list[Row]:
    assign = Slug.USER_NOT_ASSIGNED
    why = "50105: assignment is required, and consent assigns nobody."
    return [
        row("not assigned, with everything granted", assign, sign_in(50105), FINE, why=why, who=ADMIN),
        row("not assigned, told by the redirect", assign, sign_in(50105, "access_denied"), FINE,
            why=why, who=ADMIN),
        row("not assigned, in a tenant that nobody added", assign, sign_in(50105), why=why, who=ADMIN),
        row("not assigned, where grants are lacking too", assign, sign_in(50105),
            tenant(ALERT, asks=(ALERT, INCIDENT)), why=why, who=ADMIN),
        row("not assigned, by the code alone", assign, sign_in(50105, "", message=""), FINE,
            why=why, who=ADMIN),
    ]  # fmt: skip


def _policy() -> list[Row]:
    policy = Slug.CONDITIONAL_ACCESS
    why = "A policy of the customer's stopped the sign-in; permissions are fine."
    challenge = (
        "insufficient_claims on a 401 is a challenge of continuous access evaluation: a session was revoked."
    )
    read = graph(
        "/security/incidents", status=401, code="InvalidAuthenticationToken", challenge="insufficient_claims"
    )
    lacking = tenant(ALERT, asks=(ALERT, INCIDENT))
    change = {"status": 403, "method": "PATCH", "code": "Unauthorized_MissingMFA"}
    signed = {"token": person(INCIDENT, INCIDENT_RW, wids=(READER,))}
    return [
        row("blocked by a policy", policy, sign_in(53003, suberror="message_only"), FINE, why=why, who=ADMIN),
        row("blocked by a policy for workloads", policy, sign_in(53003, "interaction_required"), FINE,
            why=why, who=ADMIN),
        row("blocked by a policy, in a tenant that never consented", policy, sign_in(53003), nothing(),
            why=why),
        row("a second factor is required", policy, sign_in(50076, suberror="basic_action"), FINE, why=why),
        row("a second factor has to be registered", policy, sign_in(50079, "interaction_required"), FINE,
            why=why),
        row("a device that does not comply", policy, sign_in(53000), FINE, why=why),
        row("a device that is unknown", policy, sign_in(50097, "interaction_required"), why=why),
        row("blocked by security defaults", policy, sign_in(530035), FINE, why=why),
        row("a challenge, with everything granted", policy, read, FINE, why=challenge),
        row("a challenge, where a grant is lacking too", policy, read, lacking,
            why=f"{challenge} 401 is never consent."),
        row("a challenge to a token that carries the permission", policy,
            graph("/security/incidents", status=401, challenge="insufficient_claims", **signed), FINE,
            why=challenge),
        row("a change that wants a second factor", policy,
            graph("/security/incidents/7", **change, **signed), tenant(f"{INCIDENT_RW}:d", f"{INCIDENT}:d"),
            why="Unauthorized_MissingMFA: the permission is there, the second factor is not."),
    ]  # fmt: skip


def _elsewhere() -> list[Row]:
    wrong = Slug.WRONG_TENANT
    token = app(ALERT, INCIDENT, tid=FABRIKAM)
    why = "A token opens the tenant in its tid and no other."
    return [
        row("an account of another organization", wrong, sign_in(50020, "access_denied"), FINE,
            why="50020: the account comes from another directory.", who=PERSON),
        row("an account of another organization, at the first consent", wrong,
            sign_in(50020, "access_denied"), nothing(),
            why="50020, before anybody could consent.", who=PERSON),
        row("a tenant that does not exist", wrong, sign_in(90002, "invalid_tenant"),
            why="90002: no such tenant."),
        row("a tenant id that is none", wrong, sign_in(900023, "invalid_request"),
            why="900023: neither GUID nor domain."),
        row("a tenant of another cloud", wrong, sign_in(900382, "invalid_request"), FINE,
            why="900382: a confidential client does not cross clouds.", who=US),
        row("no tenant was named", wrong, sign_in(50059, "invalid_request"),
            why="50059: no tenant in the request.", who=US),
        row("the token opens another tenant than the call is about", wrong,
            graph("/security/incidents", token=token), FINE, why=why, who=US),
        row("the same, where that tenant has not granted it", wrong,
            graph("/security/incidents", token=app(ALERT, tid=FABRIKAM)), tenant(ALERT, asks=(ALERT,
            INCIDENT)), why=why),
    ]  # fmt: skip


def _service() -> list[Row]:
    lacks, busy, away = Slug.RESOURCE_NOT_IN_TENANT, Slug.THROTTLED, Slug.MICROSOFT_OUTAGE
    why = "The tenant has no service principal of the service that was asked for: not subscribed."
    loop = "Identical requests in a row: the client loops, and is told to wait."
    return [
        row("a resource that the tenant lacks", lacks, sign_in(500011, "invalid_resource"), FINE, why=why),
        row("a resource that the tenant lacks, where nothing was granted", lacks,
            sign_in(500011, "invalid_resource"), nothing(), why=why),
        row("a required service without a subscription", lacks, sign_in(650052, "invalid_client"), nothing(),
            why=why),
        row("a required service without a subscription, at a later consent", lacks,
            sign_in(650052, "invalid_client"), FINE, why=why),
        row("a resource name that is unknown in the tenant", lacks, sign_in(50001, "invalid_resource"), FINE,
            why=why),
        row("the client loops", busy, sign_in(50196), FINE, why=loop),
        row("the tenant is throttled at the token endpoint", busy,
            sign_in(90055, "temporarily_unavailable", status=429), FINE,
            why="90055: too many requests.", who=NOBODY),
        row("HTTP 429 at the token endpoint without a code", busy,
            sign_in(None, "", status=429, retry_after=10), nothing(), why="429 is no denial.", who=NOBODY),
        row("the token endpoint is away", away, sign_in(None, "temporarily_unavailable", status=503), FINE,
            why="503: nothing was decided about the app.", who=Who.MICROSOFT),
        row("the token endpoint fails, in a tenant that never consented", away,
            sign_in(None, "server_error", status=500), nothing(), why="A server error is nobody's consent."),
        row("a refresh token that lay unused for too long", Slug.TOKEN_EXPIRED, sign_in(700082), FINE,
            why="700082: expired by inactivity; the person signs in again.", who=PERSON),
        row("a sign-in that the tenant's sign-in frequency ended", Slug.TOKEN_EXPIRED,
            sign_in(70043, suberror="bad_token"), FINE, why="70043: expired by sign-in frequency."),
        row("a scope that is not one resource's default", Slug.WRONG_AUDIENCE,
            sign_in(1002012, "invalid_scope"), FINE,
            why="1002012: client credentials take exactly {resource}/.default.", who=US),
    ]  # fmt: skip
