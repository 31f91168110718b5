"""What a pasted token comes to: whether it can be Microsoft's, what it is for, what it carries and lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from entra.directory_rights import GRAPH_EXPLORER
from entra.types import Permission
from support.rules.facts import TenantFacts
from support.rules.token_compare import compare_token
from support.rules.token_notes import Around, notes
from support.rules.token_reading import What, read
from support.rules.token_trust import doubts
from tests.factories import CONNECTOR, NOW, P1, P2, P3, T1, T2, TOKEN_KNOWS
from tests.support.pasted import HEADER, app_only, delegated, identity, jws

ISSUED = NOW - timedelta(minutes=5)
TENANT = TenantFacts(
    name="Northwind Traders",
    proved_at=NOW,
    granted_now=frozenset({P1, P2}),
    knows_now=TOKEN_KNOWS,
    revision_now=2,
    required_now=frozenset({P1, P2, P3}),
)
PLACE = Around(
    application="Sentinel Connector",
    client_id=str(CONNECTOR),
    graph_host="graph.microsoft.com",
    portal_id="0c0ffee0-0000-4000-8000-0000000000a1",
    tenant=TENANT,
)


def told(claims: dict[str, Any], *, around: Around = PLACE, header: dict = HEADER, now: datetime = NOW):
    reading = read(jws(claims, header=header))
    lines = compare_token(reading.facts, around.tenant) if around.tenant else ()
    return notes(reading, around, lines, now=now)


def slugs(claims: dict[str, Any], **more: Any) -> list[str]:
    return [note.slug for note in told(claims, **more)]


class TestWhoseTokenItIs:
    def test_a_token_as_microsoft_makes_it_raises_no_doubt_and_is_not_called_good_either(self):
        assert doubts(read(jws(app_only("SecurityAlert.Read.All")))) == ()
        assert slugs(app_only("SecurityAlert.Read.All")) == []

    @pytest.mark.parametrize(
        ("header", "why"),
        [
            ({"alg": "none"}, "isn’t signed"),
            ({"alg": "NoNe"}, "isn’t signed"),
            ({"alg": "HS256"}, "shared secret"),
            ({"alg": "hs512"}, "shared secret"),
            ({"alg": "ES256"}, "signed with ES256"),
            ({"alg": "R\u202eS256"}, "signed with R[U+202E]S256"),
            ({}, "doesn’t say how"),
            ({"alg": ["RS256"]}, "doesn’t say how"),
            ({**HEADER, "jku": "http://127.0.0.1/keys"}, "jku"),
            ({**HEADER, "x5u": "file:///etc/passwd"}, "x5u"),
            ({**HEADER, "jwk": {"kty": "RSA"}}, "jwk"),
            ({**HEADER, "x5c": ["MIIB"]}, "x5c"),
            ({**HEADER, "crit": ["exp"]}, "breaks the rules"),
            ({**HEADER, "kid": 5}, "breaks the rules"),
        ],
    )
    def test_a_header_that_is_not_microsofts_means_forged(self, header, why):
        (first,) = told(app_only("SecurityAlert.Read.All", appid=str(T2)), header=header)

        assert (first.slug, first.tone) == ("forged", "error")
        assert why in first.text

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": None},
            {"iss": "https://sts.windows.net.evil.example/11111111-1111-4111-8111-111111111111/"},
            {"iss": "http://sts.windows.net/11111111-1111-4111-8111-111111111111/"},
            {"iss": f"https://sts.windows.net/{T2}/"},
            {"iss": f"https://sts.windows.net/{T1}"},
            {"iss": [f"https://sts.windows.net/{T1}/"]},
            {"tid": "northwind", "iss": f"https://sts.windows.net/{T1}/"},
            {"tid": f"{T1}"[:-1] + "１", "iss": f"https://sts.windows.net/{T1}/"},
            {"iss": "https://accounts.google.com"},
        ],
    )
    def test_an_issuer_that_is_not_microsofts_means_forged(self, changes):
        assert slugs(app_only("SecurityAlert.Read.All", **changes))[0] == "forged"

    @pytest.mark.parametrize(
        "issuer",
        [
            f"https://sts.windows.net/{T1}/",
            f"https://login.microsoftonline.com/{T1}/v2.0",
            f"https://login.microsoftonline.us/{T1}/v2.0",
            f"https://sts.chinacloudapi.cn/{T1}/",
            f"https://login.partner.microsoftonline.cn/{T1}/v2.0",
        ],
    )
    def test_every_cloud_has_its_issuers(self, issuer):
        assert "forged" not in slugs(app_only("SecurityAlert.Read.All", iss=issuer))

    def test_a_client_assertion_is_no_token_and_no_forgery(self):
        claims = {
            "iss": str(CONNECTOR),
            "sub": str(CONNECTOR),
            "aud": f"https://login.microsoftonline.com/{T1}/oauth2/v2.0/token",
            "jti": "0b1ec700-0000-4000-8000-000000000009",
        }

        assert slugs(claims, header={"alg": "PS256", "x5t#S256": "x", "x5c": ["MIIB"]}) == ["assertion"]


class TestWhatItIs:
    @pytest.mark.parametrize(
        ("claims", "what", "kind"),
        [
            (app_only("A.Read"), What.ACCESS, "application"),
            (app_only(), What.ACCESS, "application"),
            (app_only("A.Read", idtyp=None), What.ACCESS, "application"),
            (app_only(idtyp=None, roles=None), What.ACCESS, "application"),
            (delegated("User.Read"), What.ACCESS, "delegated"),
            (delegated("User.Read", idtyp=None), What.ACCESS, "delegated"),
            (app_only("A.Read", appid=None, azp=str(CONNECTOR), ver="2.0"), What.ACCESS, "application"),
            (identity(), What.IDENTITY, None),
            (identity(roles=["Owner"]), What.IDENTITY, "application"),
            ({"hello": "world"}, What.NOTHING, None),
            ({"sub": "1234567890", "name": "John Doe", "iat": 1516239022}, What.NOTHING, None),
        ],
    )
    def test_tokens_are_told_apart(self, claims, what, kind):
        reading = read(jws(claims))

        assert (reading.what, reading.facts.kind) == (what, kind)

    def test_facts_are_read_in_the_shape_that_verdicts_take(self):
        facts = read(jws(delegated("User.Read", "SecurityAlert.Read.All", tid=str(T1).upper()))).facts

        assert facts.scp == frozenset({"User.Read", "SecurityAlert.Read.All"})
        assert facts.roles == frozenset()
        assert (facts.tid, facts.appid) == (str(T1), str(CONNECTOR))
        assert facts.wids is not None
        assert facts.issued_at == ISSUED

    @pytest.mark.parametrize("iat", ["soon", True, -1, 1e300, 10**400, float("inf"), float("nan"), None, [1]])
    def test_a_moment_that_is_none_is_unknown(self, iat):
        assert read(jws(app_only("A.Read", iat=iat))).facts.issued_at is None

    @pytest.mark.parametrize("wids", [None, [], "all", [1]])
    def test_roles_of_a_person_that_the_token_does_not_tell_are_unknown(self, wids):
        assert read(jws(delegated("User.Read", wids=wids))).facts.wids is None

    def test_an_id_token_is_said_to_open_nothing(self):
        assert slugs(identity()) == ["identity"]

    def test_any_other_jwt_is_said_to_be_none_of_these(self):
        assert "unclear" in slugs({"sub": "1234567890", "name": "John Doe", "iat": 1516239022})


class TestWhatItIsFor:
    @pytest.mark.parametrize(
        ("aud", "slug"),
        [
            ("https://graph.microsoft.com", ""),
            ("00000003-0000-0000-c000-000000000000", ""),
            ("https://graph.microsoft.us", "other-cloud"),
            ("https://management.azure.com/", "wrong-audience"),
            ("https://graph.microsoft.com.evil.example", "wrong-audience"),
            (f"api://{CONNECTOR}", "wrong-audience"),
            (["https://graph.microsoft.com"], "wrong-audience"),
        ],
    )
    def test_the_audience_has_to_be_the_api_that_is_called(self, aud, slug):
        assert slugs(app_only("SecurityAlert.Read.All", aud=aud)) == ([slug] if slug else [])

    def test_another_api_that_the_revision_asks_for_is_no_mistake(self):
        api = "05a65629-4c1b-48c1-a78b-804c4abdd4af"
        reads = Permission(api, "application", "0b1ec700-0000-4000-8000-00000000000a", "Policy.Read")
        around = replace(PLACE, tenant=TenantFacts(required_now=frozenset({reads})))

        assert slugs(app_only("Policy.Read", aud=api, ver="2.0"), around=around) == ["own-api"]

    @pytest.mark.parametrize(
        ("minutes", "slug"), [(59, ""), (60, "expired"), (600, "expired"), (-9, ""), (-11, "not-yet")]
    )
    def test_a_token_works_for_a_while(self, minutes, slug):
        """Issued 5 minutes back, for 65 minutes; clocks may differ by 5."""
        found = slugs(app_only("SecurityAlert.Read.All"), now=NOW + timedelta(minutes=minutes))

        assert found == ([slug] if slug else [])

    def test_a_token_without_an_end_is_said_to_have_none(self):
        assert slugs(app_only("SecurityAlert.Read.All", exp=None)) == ["no-end"]


class TestWhoHoldsIt:
    @pytest.mark.parametrize(
        ("appid", "around", "title"),
        [
            (GRAPH_EXPLORER, {}, "Issued to Graph Explorer"),
            ("0c0ffee0-0000-4000-8000-0000000000a1", {}, "Issued to this portal’s own sign-in"),
            (str(T2), {"other": "Second App"}, "Issued to Second App, not to Sentinel Connector"),
            (str(T2), {}, "Issued to an application that isn’t registered here"),
            ("not-a-guid", {}, "Issued to an application that isn’t registered here"),
        ],
    )
    def test_another_holder_is_named(self, appid, around, title):
        place = replace(PLACE, **around)

        (note,) = told(delegated("User.Read", appid=appid), around=place)

        assert note.title == title

    def test_graph_explorer_needs_a_consent_of_its_own(self):
        (note,) = told(delegated("User.Read", appid=GRAPH_EXPLORER))

        assert "delegated permissions only" in note.text
        assert "consent of its own" in note.text

    def test_the_name_that_a_token_gives_an_application_cannot_turn_the_text_around(self):
        (note,) = told(app_only("User.Read", appid=str(T2), app_displayname="a\u202eb"))

        assert "a[U+202E]b" in note.text

    def test_a_tenant_that_is_not_known_is_said_so(self):
        place = replace(PLACE, tenant=None)
        home = replace(PLACE, tenant=None, is_home=True)

        assert slugs(app_only("User.Read"), around=place) == ["unknown-tenant"]
        assert slugs(app_only("User.Read"), around=home) == ["home"]
