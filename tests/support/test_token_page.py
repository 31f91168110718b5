"""The token inspector's page: what it says, to whom, and that nothing comes of it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from entra.directory_rights import GRAPH_EXPLORER
from entra.types import GRAPH
from tests import factories
from tests.consent.admin import heading_of, main_of
from tests.factories import D1, P1, P2, P3, T1, T2, grants
from tests.matrix import fingerprint
from tests.support.pasted import HEADER, app_only, delegated, identity, jws, part

URL = "/sentinel-connector/support/token"


@pytest.fixture
def northwind(application):
    """Granted P1 and P2 of the three permissions that are required, seen a moment ago."""
    factories.make_revision(application, P1, P2, P3)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    now = timezone.now()
    installation = factories.make_installation(application, tenant, has=grants(P1, P2), proved_at=now)
    installation.snapshots.update(observed_at=now)
    return installation


def inspect(client, claims, *, header=HEADER, url: str = URL):
    return client.post(url, {"token": jws(claims, header=header)})


def fresh(*roles: str, minutes: int = 0, **changes):
    return app_only(*roles, at=timezone.now() - timedelta(minutes=minutes), **changes)


class TestWhatIsShown:
    def test_a_form_that_no_browser_fills_in(self, as_owner, northwind):
        page = as_owner.get(URL)

        field = page.content.decode().partition("<textarea")[2].partition(">")[0]
        assert heading_of(page) == "Token inspector"
        assert 'autocomplete="off"' in field
        assert 'spellcheck="false"' in field
        assert "cut off in your browser before anything is sent" in main_of(page)

    def test_a_token_is_compared_with_the_snapshot_and_the_revision(self, as_owner, northwind):
        page = inspect(as_owner, fresh(P1.value, "Device.Read.All"))

        text = main_of(page)
        assert page.status_code == 200
        assert "This token can read secure scores, not alerts or incidents" in text
        assert "App-only token" in text
        assert "Compared with revision 1 1 carried, 2 missing, 1 extra" in text
        assert f"{P3.value} Missing Not granted The tenant hasn’t granted it." in text
        assert "Device.Read.All Extra Not granted More than is asked for." in text
        assert reverse("consent:tenant_detail", args=["sentinel-connector", T1]) in page.content.decode()
        assert "in 59 min" in text

    def test_a_token_older_than_the_consent_is_to_be_replaced(self, as_owner, northwind):
        text = main_of(inspect(as_owner, fresh(P1.value, minutes=30)))

        assert "Issued before the consent: get a new one" in text
        assert f"{P2.value} Missing Granted The token was issued before the consent" in text

    def test_what_it_can_call_and_cannot(self, as_owner, northwind):
        text = main_of(inspect(as_owner, fresh(P2.value)))

        assert "GET /security/alerts_v2 Suffices" in text
        assert "GET /security/incidents Permission missing" in text
        assert "GET /security/alerts Retired" in text

    def test_a_graph_token_is_never_called_good(self, as_owner, northwind):
        page = inspect(as_owner, fresh(P1.value, P2.value, P3.value))

        text = main_of(page)
        assert "Only Microsoft Graph can verify a token that is meant for it: that is by design" in text
        assert " valid" not in text.lower()
        assert "is-success" not in page.content.decode()

    def test_a_persons_token_is_told_by_role_and_scope(self, as_owner, northwind, application):
        factories.make_revision(application, D1)

        text = main_of(inspect(as_owner, delegated("SecurityEvents.Read.All", at=timezone.now())))

        assert "Token of a signed-in person" in text
        assert "Security Reader" in text
        assert "b79fbf4d-3ef9-4689-8143-76b194e85509 a mark, no role" in text

    @pytest.mark.parametrize(
        ("claims", "says"),
        [
            (app_only(P1.value), "This token has expired"),
            (identity(), "This is an id token, which opens no API"),
            ({"aud": "x", "sub": "y"}, "doesn’t say who issued it"),
            (app_only(P1.value, tid=T2), "From a tenant that isn’t known here"),
            (app_only(P1.value, tid=factories.HOME), "From the publisher’s own tenant"),
            (delegated("User.Read", appid=GRAPH_EXPLORER), "Issued to Graph Explorer"),
            (app_only(P1.value, aud="https://vault.azure.net"), "This token was made for another API"),
        ],
    )
    def test_each_kind_of_token_gets_its_own_words(self, as_owner, northwind, claims, says):
        assert says in main_of(inspect(as_owner, claims))

    def test_an_opaque_and_an_encrypted_token_are_no_mistake(self, as_owner, northwind):
        encrypted = f"{part({'alg': 'RSA-OAEP', 'zip': 'DEF'})}.a2V5.aXY.{'eA' * 3000}.dGFn"
        answers = [as_owner.post(URL, {"token": text}) for text in ("EwB4A8l6" * 40, encrypted)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert all("by design" in main_of(answer) for answer in answers)

    @pytest.mark.parametrize(
        ("text", "status", "says"),
        [
            ("", 422, "Paste a token first."),
            ("hello", 422, "There is no token in this."),
            (jws(app_only(P1.value))[:200], 422, "a part is missing or changed"),
            ("x" * 20_000, 413, "longer than 16,384 characters"),
            ("x" * 3_000_000, 413, "larger than"),
        ],
    )
    def test_what_cannot_be_inspected_is_told_in_one_sentence(self, as_owner, northwind, text, status, says):
        page = as_owner.post(URL, {"token": text})

        assert page.status_code in {status, 400}
        assert says in main_of(page)
        assert "hello" not in main_of(page)

    def test_no_answer_may_be_stored(self, as_owner, northwind):
        for page in (as_owner.get(URL), inspect(as_owner, fresh(P1.value))):
            assert page.headers["Cache-Control"] == "no-store"

    def test_queries_stay_few(self, as_owner, northwind, django_assert_max_num_queries):
        with django_assert_max_num_queries(10):
            inspect(as_owner, fresh(P1.value))

    def test_owners_and_support_find_it_in_the_rail(self, client, northwind, support, viewer):
        pages = []
        for person in (support, viewer):
            client.force_login(person)
            pages.append(client.get("/sentinel-connector/").content.decode())

        assert [URL in page for page in pages] == [True, False]


class TestWhatIsForged:
    @pytest.mark.parametrize(
        "header", [{"alg": "none"}, {"alg": "HS256"}, {**HEADER, "jku": "http://127.0.0.1:9/keys"}]
    )
    def test_is_said_first_and_compared_with_nothing(self, as_owner, northwind, header):
        text = main_of(inspect(as_owner, fresh(P1.value), header=header))

        assert text.index("Forged, or not from Microsoft Entra ID") < text.index("App-only token")
        assert "Compared with" not in text
        assert "Northwind" not in text
        assert "Suffices" not in text

    def test_what_it_says_is_inert_and_seen(self, as_owner, northwind):
        claims = fresh(
            P1.value,
            app_displayname='<script>alert(1)</script>{{ 7*7 }}{% load x %}%s{0.__class__}"onload="x',
            tid="1111\u202e1111\u0430",
            name="a\u200bb\x00c\ud800",
        )
        claims["<b>\u2066"] = "style=color:red"

        page = inspect(as_owner, claims)

        source, text = page.content.decode(), main_of(page)
        assert "<script>alert" not in source
        assert "{{ 7*7 }}" in text
        assert "{0.__class__}" in text
        assert "1111[U+202E]1111[U+0430]" in text
        assert "a[U+200B]b[U+0000]c[U+D800]" in text
        assert "<b>[U+2066]" in text
        assert not {"\u202e", "\u200b", "\u2066", "\x00"} & set(source)


class TestOtherTenantsAndApplications:
    def test_another_application_of_ours_is_named_and_not_compared(self, as_owner, northwind):
        other = factories.make_application(slug="second", name="Second App", client_id=uuid.uuid4())
        fabrikam = factories.make_tenant("Fabrikam Residences", id=T2)
        factories.make_installation(other, fabrikam, has=grants(P1))

        page = inspect(as_owner, fresh(P1.value, appid=str(other.client_id), tid=T2))

        text = main_of(page)
        assert "Issued to Second App, not to Sentinel Connector" in text
        assert "/second/support/token" in page.content.decode()
        assert "Fabrikam" not in text
        assert "Compared with" not in text

    def test_a_tenant_that_never_let_us_look_shows_unknown(self, as_owner, application):
        factories.make_revision(application, P1)
        factories.make_installation(application, factories.make_tenant("Fabrikam Residences", id=T2))

        text = main_of(inspect(as_owner, fresh(P1.value, tid=T2)))

        assert f"{P1.value} Carried Unknown" in text
        assert "was never read" in text

    def test_nothing_pasted_changes_anything(self, as_owner, northwind):
        before, state = fingerprint(), exported()
        tokens = [
            fresh(P1.value, P2.value, P3.value),
            fresh(P3.value, tid=T2),
            fresh(P3.value, appid=str(uuid.uuid4()), aud=GRAPH),
            delegated("User.Read", tid=uuid.uuid4()),
            identity(),
        ]

        answers = [inspect(as_owner, claims).status_code for claims in tokens]
        answers.append(inspect(as_owner, fresh(P3.value), header={"alg": "none"}).status_code)

        assert answers == [200] * 6
        assert fingerprint() == before
        assert exported() == state

    def test_a_token_in_an_address_is_not_looked_at(self, as_owner, northwind):
        answer = as_owner.get(URL, {"token": jws(fresh(P1.value))})

        assert (answer.status_code, answer.headers["Location"]) == (302, URL)
        assert answer.content == b""


def exported() -> str:
    out = StringIO()
    call_command("export_state", stdout=out)
    return out.getvalue()
