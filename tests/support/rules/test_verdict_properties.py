"""What holds of every verdict, whatever the facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from consent.rules.security_api import CALLS, GLOBAL_READER, SECURITY_ADMINISTRATOR, SUFFICIENT_ROLES
from entra.types import GRAPH, Permission
from support.rules.calls import locate, split_url, template_of
from support.rules.facts import Confidence, Facts, FailureFacts, Slug, TenantFacts, TokenFacts
from support.rules.reply import customer_reply, microsoft_bundle
from support.rules.sign_in_codes import GROUP_OF, MEANINGS
from support.rules.verdict import judge
from tests.support.rules.cases import AT, EITHER, MEMBER, MISSING_ROLES, READER, permission

VALUES = sorted({value for call in CALLS for value in (*call.application, *call.delegated)})
some_values = st.frozensets(
    st.sampled_from([*VALUES, "User.Read", "openid", "ThreatIndicators.Read.All"]), max_size=4
)
near = st.integers(-200, 200).map(lambda number: AT + timedelta(minutes=number))
moments = st.none() | near | st.datetimes(timezones=st.none() | st.just(UTC))
words = st.text(max_size=40)
grants = st.frozensets(
    st.builds(
        lambda value, kind: (
            permission(value, kind) if kind == "application" else permission(value, "delegated")
        ),
        st.sampled_from([v for v in VALUES if not v.startswith("SecurityActions")]),
        st.sampled_from(["application", "delegated"]),
    )
    | st.builds(Permission, st.sampled_from([GRAPH, "x"]), st.just("delegated"), words, words),
    max_size=5,
)
known = st.frozensets(st.sampled_from(["application", "delegated", f"application:{GRAPH}"]))
tokens = st.builds(
    TokenFacts,
    kind=st.sampled_from([None, "application", "delegated"]),
    aud=st.sampled_from(["", GRAPH, "https://graph.microsoft.com", "api://other"]) | words,
    appid=st.sampled_from(["", "a", "b"]),
    tid=st.sampled_from(["", "t", "u"]),
    roles=st.none() | some_values,
    scp=st.none() | some_values,
    wids=st.none() | st.frozensets(st.sampled_from([MEMBER, GLOBAL_READER, *READER, SECURITY_ADMINISTRATOR])),
    issued_at=moments,
    expires_at=moments,
)
failures = st.builds(
    FailureFacts,
    occurred_at=moments,
    door=st.sampled_from(["", "graph", "token"]),
    client_id=st.sampled_from(["", "a", "b"]),
    tenant_id=st.sampled_from(["", "t", "u"]),
    method=st.sampled_from(["", "GET", "POST", "PATCH", "DELETE"]) | words,
    path=st.sampled_from(["", *(call.path for call in CALLS), "/me", "/organization"]) | words,
    version=st.sampled_from(["", "v1.0", "beta"]) | words,
    status=st.none()
    | st.sampled_from([200, 206, 400, 401, 403, 404, 410, 429, 500, 503])
    | st.integers(-9, 999),
    code=st.sampled_from(["", "Forbidden", "Authorization_RequestDenied", "invalid_grant", "UnknownError"])
    | words,
    aadsts=st.none() | st.sampled_from([*GROUP_OF, *MEANINGS]) | st.integers(),
    suberror=st.sampled_from(["", "consent_required", "bad_token"]) | words,
    message=st.sampled_from(["", EITHER, MISSING_ROLES, "Lifetime validation failed, the token is expired."])
    | words,
    challenge=st.sampled_from(["", "insufficient_claims"]) | words,
    warning=st.sampled_from(["", '199 - "Microsoft/WDATP/401/228"']) | words,
    retry_after=st.none() | st.integers(),
    throttle_scope=words,
    token=st.none() | tokens,
)
tenants = st.builds(
    TenantFacts,
    name=st.sampled_from(["", "Northwind", "{tenant}", "%s {0.__class__}"]) | words,
    status=st.sampled_from(["", "never-consented", "revoked", "in-step", "re-consent-needed"]) | words,
    condition=st.sampled_from(["", "proved", "disabled", "claimed"]) | words,
    proved_at=moments,
    granted_then=st.none() | grants,
    knows_then=known,
    granted_now=st.none() | grants,
    knows_now=known,
    granted_since=st.dictionaries(
        grants.filter(bool).map(lambda g: min(g)), moments.filter(bool), max_size=3
    ),
    withdrawn_at=st.dictionaries(grants.filter(bool).map(lambda g: min(g)), moments.filter(bool), max_size=3),
    revision_then=st.none() | st.integers(),
    required_then=grants,
    revision_now=st.none() | st.integers(),
    required_now=grants,
    required_since=st.dictionaries(grants.filter(bool).map(lambda g: min(g)), st.integers(), max_size=3),
    gone=st.booleans(),
    credential_error=words,
)
everything = st.builds(Facts, failure=failures, tenant=st.none() | tenants, today=st.none() | st.dates())


@st.composite
def refused(draw):
    """A 403 of the security API with a token of a known kind, and what would have opened it."""
    call = draw(st.sampled_from([call for call in CALLS if call.retired_on is None and call.delegated]))
    kind = draw(st.sampled_from(["application", "delegated"]))
    claims = st.none() | st.frozensets(st.sampled_from([*call.accepted(kind), "User.Read"]))
    token = TokenFacts(
        kind=kind,
        roles=draw(claims) if kind == "application" else None,
        scp=draw(claims) if kind == "delegated" else None,
        wids=draw(st.none() | st.frozensets(st.sampled_from([MEMBER, GLOBAL_READER, *READER]))),
        issued_at=draw(st.none() | near),
    )
    failure = FailureFacts(
        occurred_at=AT,
        door="graph",
        method=call.method,
        path=call.path,
        version=call.version,
        status=403,
        message=draw(st.sampled_from(["", EITHER, MISSING_ROLES])),
        token=token,
    )
    own = frozenset(permission(value, kind) for value in call.accepted(kind))
    held = draw(st.none() | st.sampled_from([frozenset(), own, frozenset([*own][:1])]))
    tenant = TenantFacts(
        granted_then=held,
        knows_then=draw(known),
        granted_since=dict.fromkeys(held or (), draw(near)),
        withdrawn_at=dict.fromkeys(own, draw(near)) if draw(st.booleans()) else {},
        required_then=own,
        condition=draw(st.sampled_from(["proved", "disabled"])),
    )
    return Facts(failure, draw(st.sampled_from([None, tenant]))), call.accepted(kind)


@given(everything)
def test_whatever_comes_there_is_a_verdict_in_words(facts):
    verdict = judge(facts)

    assert verdict.headline
    assert verdict.next_step
    assert verdict.checks
    assert all(check.evidence for check in verdict.checks)
    assert (verdict.confidence is Confidence.CANNOT_TELL) == (verdict.slug is Slug.NOT_ENOUGH_EVIDENCE)
    assert bool(verdict.settles) == (verdict.confidence is Confidence.CANNOT_TELL)
    assert customer_reply(verdict, facts, "https://portal.example/c/x").startswith("Hello")


@given(refused())
def test_consent_and_role_are_never_mixed_up(refused):
    """Each is named only while the other is known not to be lacking."""
    facts, accepted = refused
    verdict = judge(facts)
    token = facts.failure.token
    carried = token.roles if token.kind == "application" else token.scp

    if verdict.slug in {Slug.PERMISSION_MISSING, Slug.PERMISSION_REVOKED, Slug.NEVER_CONSENTED}:
        assert not (carried or frozenset()) & set(accepted)
    if verdict.slug is Slug.USER_LACKS_ROLE:
        assert token.kind == "delegated"
        assert not (token.wids or frozenset()) & SUFFICIENT_ROLES
        assert carried & set(accepted) if carried is not None else _granted(facts, accepted)


def _granted(facts, accepted):
    held = facts.tenant.granted_then or () if facts.tenant is not None else ()
    return any(p.kind == "delegated" and p.value in accepted for p in held)


@settings(max_examples=40)
@given(everything)
def test_a_401_is_never_a_matter_of_consent_or_of_a_role(facts):
    at_graph = replace(
        facts.failure, status=401, door="graph", aadsts=None, code="InvalidAuthenticationToken"
    )

    assert judge(replace(facts, failure=at_graph)).slug not in {
        Slug.PERMISSION_MISSING,
        Slug.PERMISSION_REVOKED,
        Slug.NEVER_CONSENTED,
        Slug.TOKEN_OLDER_THAN_APPROVAL,
        Slug.WRONG_TOKEN_TYPE,
        Slug.USER_LACKS_ROLE,
    }


_SAYS_NOTHING = {"code": "", "message": "", "aadsts": None, "suberror": "", "challenge": "", "warning": ""}


@settings(max_examples=40)
@given(everything)
def test_one_source_alone_is_never_certain(facts):
    """Only the portal's record, or only the token, of a call that was refused without a word."""
    mute = replace(
        facts.failure, **_SAYS_NOTHING, status=403, door="graph", retry_after=None, throttle_scope=""
    )
    unplaced = replace(
        mute, tenant_id="", client_id="", path="/security/incidents", method="GET", version="v1.0"
    )
    only_record = judge(replace(facts, failure=replace(unplaced, token=None)))
    only_token = judge(replace(facts, failure=unplaced, tenant=None))

    assert only_record.confidence is not Confidence.CERTAIN
    assert only_token.confidence is not Confidence.CERTAIN


@settings(max_examples=40)
@given(everything)
def test_a_code_alone_is_never_certain(facts):
    alone = FailureFacts(door="token", aadsts=facts.failure.aadsts, message=facts.failure.message)

    assert judge(Facts(alone)).confidence is not Confidence.CERTAIN


@settings(max_examples=40)
@given(everything)
def test_only_the_tenants_history_shows_a_withdrawal(facts):
    if judge(facts).slug is Slug.PERMISSION_REVOKED:
        assert facts.tenant is not None
        assert facts.tenant.withdrawn_at


@settings(max_examples=40)
@given(everything)
def test_an_application_needs_no_role(facts):
    token = replace(facts.failure.token or TokenFacts(), kind="application")

    assert judge(replace(facts, failure=replace(facts.failure, token=token))).slug is not Slug.USER_LACKS_ROLE


@settings(max_examples=40)
@given(everything)
def test_a_reply_holds_no_id_and_no_foreign_text(facts):
    marked = replace(
        facts.failure,
        client_id="CANARY-client",
        tenant_id="CANARY-tenant",
        message="CANARY-message",
        code="CANARY-code",
        token=replace(
            facts.failure.token or TokenFacts(), oid="CANARY-oid", tid="CANARY-tid", appid="CANARY-app"
        ),
    )
    told = replace(facts, failure=marked)

    assert "CANARY" not in customer_reply(judge(told), told)


@given(st.text(max_size=300))
def test_any_address_has_parts_and_a_shape(text):
    _, version, path = split_url(text)

    assert version in {"", "v1.0", "beta"}
    assert path.startswith("/")
    assert template_of(path).startswith("/")
    locate("GET", path, version)


@given(words, words, moments, words, words)
def test_a_bundle_has_a_line_for_each_thing_asked_for(one, other, at, tenant, diagnostic):
    lines = microsoft_bundle(
        client_request_id=one, request_id=other, occurred_at=at, tenant_id=tenant, diagnostic=diagnostic
    ).splitlines()

    assert [line.split(":")[0] for line in lines] == [
        *("client-request-id", "request-id", "time", "tenant", "x-ms-ags-diagnostic"),
    ]
