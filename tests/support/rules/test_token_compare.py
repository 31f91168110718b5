"""A pasted token beside what its tenant granted, and the one sentence that comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.rules.security_api import CALLS, Judgement, Verdict, directory_roles, may_call
from support.rules.facts import TenantFacts
from support.rules.token_compare import compare_token
from support.rules.token_notes import headline, notes
from support.rules.token_reading import read
from support.rules.token_trust import doubts
from tests.factories import D1, NOW, P1, P2, P3
from tests.support.pasted import HEADER, app_only, delegated, identity, jws
from tests.support.rules.test_token_notes import ISSUED, PLACE, TENANT, slugs

HOUR = timedelta(hours=1)


class TestComparedWithTheTenant:
    def test_each_permission_has_its_line(self):
        facts = read(jws(app_only(P1.value, "Device.Read.All"))).facts

        lines = {line.value: (line.token, line.tenant) for line in compare_token(facts, TENANT)}

        assert lines == {
            P1.value: ("granted", "granted"),
            P2.value: ("missing", "granted"),
            P3.value: ("missing", "missing"),
            "Device.Read.All": ("surplus", "missing"),
        }

    @pytest.mark.parametrize(("since", "too_old"), [(ISSUED + HOUR, True), (ISSUED - HOUR, False)])
    def test_a_token_older_than_the_consent_has_to_be_replaced(self, since, too_old):
        tenant = replace(TENANT, granted_since={P2: since})
        facts = read(jws(app_only(P1.value))).facts

        line = next(line for line in compare_token(facts, tenant) if line.value == P2.value)

        assert line.too_old is too_old
        assert ("get a new one" in line.remark) is too_old
        around = replace(PLACE, tenant=tenant)
        assert slugs(app_only(P1.value), around=around) == (["too-old"] if too_old else [])

    def test_what_was_withdrawn_since_works_until_the_token_ends(self):
        tenant = replace(TENANT, withdrawn_at={P3: ISSUED + HOUR})

        line = next(
            x for x in compare_token(read(jws(app_only(P3.value))).facts, tenant) if x.value == P3.value
        )

        assert (line.token, line.tenant, line.at) == ("granted", "missing", ISSUED + HOUR)
        assert "until the token expires" in line.remark

    def test_what_nobody_saw_is_unknown(self):
        never_read = TenantFacts(required_now=TENANT.required_now)
        facts = read(jws(app_only(P1.value))).facts

        assert {line.tenant for line in compare_token(facts, never_read)} == {"unknown"}

    def test_a_persons_token_is_compared_with_delegated_permissions_and_sign_in_is_not_surplus(self):
        tenant = replace(TENANT, required_now=frozenset({P1, D1}))
        facts = read(jws(delegated("openid", "profile", "User.Read"))).facts

        lines = {line.value: (line.token, line.tenant) for line in compare_token(facts, tenant)}

        assert lines == {D1.value: ("missing", "unknown"), "User.Read": ("surplus", "unknown")}

    @pytest.mark.parametrize("aud", ["https://vault.azure.net", "", "api://no-guid"])
    def test_an_api_that_nobody_can_name_is_not_compared(self, aud):
        assert compare_token(read(jws(app_only(P1.value, aud=aud))).facts, TENANT) == ()


class TestTheHeadline:
    @staticmethod
    def of(claims: dict[str, Any], *, header: dict = HEADER, now: datetime = NOW) -> str:
        reading = read(jws(claims, header=header))
        facts = reading.facts
        found = notes(reading, PLACE, (), now=now)
        judged = []
        if reading.for_graph and facts.kind and not doubts(reading):
            held = (facts.roles if facts.kind == "application" else facts.scp) or ()
            roles = None if facts.wids is None else directory_roles(facts.wids)
            judged = [
                (c, may_call(c.entity, c.method, kind=facts.kind, permissions=held, roles=roles))
                for c in CALLS
            ]
        return headline(reading, found, judged).title

    @pytest.mark.parametrize(
        ("claims", "title"),
        [
            (app_only(P2.value), "This token can read alerts, not incidents or secure scores"),
            (app_only(P1.value, P3.value), "This token can read alerts, incidents and secure scores"),
            (app_only(), "This token can’t read alerts, incidents or secure scores"),
            (delegated(P2.value), "This token can read alerts, not incidents or secure scores"),
            (delegated(P2.value, wids=None), "This token may be able to read alerts"),
            (identity(), "This is an id token, which opens no API"),
            (app_only(P2.value, aud="https://vault.azure.net"), "This token was made for another API"),
        ],
    )
    def test_says_what_the_token_comes_to(self, claims, title):
        assert self.of(claims) == title

    def test_a_forgery_goes_before_everything_else(self):
        assert self.of(identity(), header={"alg": "none"}).startswith("Forged, or not from Microsoft")

    def test_an_expired_token_is_called_that(self):
        assert self.of(app_only(P2.value), now=datetime(2027, 1, 1, tzinfo=UTC)) == "This token has expired"

    def test_a_judgement_on_nothing_promises_nothing(self):
        reading = read(jws(app_only()))

        assert headline(reading, (), [(CALLS[0], Judgement(Verdict.ALLOWED, (), ""))]).slug == "readable"

    @pytest.mark.parametrize(
        ("text", "slug"), [("EwB4A8l6" * 9, "opaque"), ("eyJhbGciOiJkaXIifQ....", "encrypted")]
    )
    def test_what_cannot_be_read_is_said_to_be_so_by_design(self, text, slug):
        reading = read(text)

        assert notes(reading, PLACE, (), now=NOW) == ()
        found = headline(reading, (), ())
        assert found.slug == slug
        assert "by design" in f"{found.title} {found.text}"
