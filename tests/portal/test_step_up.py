"""Before publishing and before credentials change, people prove once more who they are."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from consent.models import Application
from sandbox.demo import HOME, PORTAL
from tests.factories import P1, P2
from tests.portal.directory import DANA, SAM, STAFF_PAGE, TAILSPIN, add, fail, text_of
from tests.stage import prove_again
from tests.visitor import Visitor, left

DRAFT = f"{STAFF_PAGE}revisions/draft"
ASKED = f"/sign-in/again?{urlencode({'next': DRAFT})}"
REGISTRATION = {
    "name": "Threat Desk",
    "client_id": "7ea7de5c-0000-4000-8000-0000000000d1",
    "home_tenant": HOME,
    "cloud": "global",
    "consent_endpoint": "v1",
}


@pytest.fixture
def dana(visitor: Visitor) -> Visitor:
    """An owner whose last proof was eleven minutes ago."""
    visitor.sign_in(DANA)
    prove_again(visitor.client, at=timezone.now() - timedelta(minutes=11))
    return visitor


def draft(**changes: str) -> dict[str, str | list[str]]:
    """A draft that asks for P2 besides P1, as the editor's form sends it."""
    return {
        "action": "publish",
        "based_on": "1",
        "permission": [":".join(P1.key), ":".join(P2.key)],
        "-".join(("reason", *P2.key)): "Alerts are read by hand & by night",
        "note": "One more",
        "confirm": "Sentinel Connector",
        **changes,
    }


def publish(visitor: Visitor, **changes: str):
    return visitor.submit(visitor.open(DRAFT), DRAFT, **draft(**changes))


def revisions() -> int:
    return Application.objects.get(slug="sentinel-connector").revisions.count()


class TestPublishing:
    def test_asks_for_a_new_proof_and_brings_the_draft_back(self, dana):
        asked = publish(dana)
        assert left(asked) == ASKED
        page = dana.open(left(asked))
        assert "Microsoft will ask you to sign in again" in text_of(page)
        assert DANA in text_of(page)

        back = dana.confirm(page, DANA)
        assert left(back) == DRAFT
        editor = text_of(dana.open(DRAFT))
        assert revisions() == 1
        for kept in ("Alerts are read by hand &amp; by night", "One more", "SecurityAlert.Read.All"):
            assert kept in editor
        published = dana.submit(dana.open(DRAFT), DRAFT, **draft())
        assert left(published) == f"{STAFF_PAGE}revisions/2"

    def test_within_ten_minutes_of_signing_in_asks_for_nothing(self, visitor):
        visitor.sign_in(DANA)

        assert left(publish(visitor)) == f"{STAFF_PAGE}revisions/2"

    @pytest.mark.parametrize(("minutes", "fresh"), [(0, True), (9.9, True), (10.1, False), (-30, False)])
    def test_trusts_a_proof_for_ten_minutes(self, dana, minutes, fresh):
        prove_again(dana.client, at=timezone.now() - timedelta(minutes=minutes))

        assert (revisions(), left(publish(dana)).startswith("/sign-in/again")) == (1, not fresh)
        assert revisions() == (2 if fresh else 1)

    @pytest.mark.parametrize("moment", [None, "now", True, 1e30, []])
    def test_trusts_no_moment_that_is_none(self, dana, moment):
        session = dana.client.session
        session["fresh_at"] = moment
        session.save()

        assert left(publish(dana)).startswith("/sign-in/again")

    @pytest.mark.parametrize("action", ["preview", "add", "paste"])
    def test_is_all_that_asks(self, dana, action):
        assert publish(dana, action=action).status_code in {200, 422}

    def test_by_script_takes_the_whole_page_there(self, dana):
        page = dana.open(DRAFT)
        token = dana.client.cookies["csrf"].value
        asked = dana.client.post(
            DRAFT, draft(), headers={"HX-Request": "true", "X-CSRFToken": token, "HX-Target": "draft"}
        )

        assert page.status_code == 200
        assert asked.headers.get("HX-Redirect") == ASKED

    def test_that_somebody_gives_up_loses_nothing_and_changes_nothing(self, dana):
        page = dana.open(left(publish(dana)))

        assert "Back, without doing it" in text_of(page)
        assert "Alerts are read by hand" in text_of(dana.open(DRAFT))
        assert "Alerts are read by hand" not in text_of(dana.open(DRAFT))
        assert revisions() == 1

    def test_brings_nothing_of_the_draft_to_another_form(self, dana):
        publish(dana, name="Typed into the draft")

        assert "Typed into the draft" not in text_of(dana.open("/register"))

    def test_is_not_for_those_who_may_not_at_all(self, visitor):
        visitor.sign_in(SAM)

        assert visitor.open(DRAFT).status_code == 403


class TestRegistering:
    def test_asks_for_a_new_proof_and_brings_the_form_back(self, dana):
        page = dana.open("/register")
        asked = dana.submit(page, "/register", **REGISTRATION, credential="env:DESK_SECRET")
        dana.confirm(dana.open(left(asked)), DANA)

        form = text_of(dana.open("/register"))
        assert 'value="Threat Desk"' in form
        assert 'value="env:DESK_SECRET"' in form
        assert not Application.objects.filter(name="Threat Desk").exists()

    def test_keeps_no_secret_that_was_pasted_by_mistake(self, dana):
        page = dana.open("/register")
        dana.submit(page, "/register", **REGISTRATION, credential="s3cret~value")

        assert "s3cret" not in str(dict(dana.client.session.items()))
        assert "s3cret" not in text_of(dana.open("/register"))


class TestTheProof:
    @pytest.fixture
    def asking(self, dana):
        return dana.open(left(publish(dana)))

    def refused(self, dana: Visitor, answer) -> str:
        assert answer.status_code in {400, 503}
        assert "Confirm with Microsoft" in text_of(answer)
        assert "Reference" in text_of(answer)
        assert left(publish(dana)).startswith("/sign-in/again")
        assert revisions() == 1
        return text_of(answer)

    def test_is_asked_of_the_same_account_anew(self, dana, asking):
        url = left(dana.submit(asking, "/sign-in/again"))

        assert f"/{HOME}/" in url
        assert dana.microsoft.url in asking.headers["Content-Security-Policy"]
        for asked in ("prompt=login", "max_age=0", "login_hint=dana%40contoso.example"):
            assert asked in url

    def test_of_another_account_is_none_and_signs_nobody_else_in(self, dana, asking):
        said = self.refused(dana, dana.confirm(asking, SAM))

        assert "another account than the one you work with" in said
        assert dana.open(DRAFT).status_code == 200  # still Dana

    def test_of_the_same_object_in_another_tenant_is_none(self, dana, asking):
        oid = next(iter(dana.microsoft.directory.tenant(HOME).users))
        add(dana, TAILSPIN, id=oid, userPrincipalName="double@tailspin.example")
        url = left(dana.submit(asking, "/sign-in/again")).replace(HOME, "organizations")

        answer = dana.open(dana.choose(url, "double@tailspin.example"))
        self.refused(dana, answer)

    def test_that_only_comes_back_is_none(self, dana, asking):
        """Whoever sits at the browser can take prompt and max_age out of the address."""
        dana.microsoft.directory.settings.clock_offset = -3600
        url = left(dana.submit(asking, "/sign-in/again"))
        dana.choose(url, DANA)
        dana.microsoft.directory.settings.clock_offset = 0

        url = left(dana.submit(asking, "/sign-in/again")).replace("prompt=login", "").replace("max_age=0", "")
        assert "did not ask you to prove" in self.refused(dana, dana.open(dana.choose(url, DANA)))

    @pytest.mark.parametrize("how", ["audience", "issuer", "nonce", "expired", "signature", "none", "tenant"])
    def test_by_a_spoiled_token_is_none(self, dana, asking, how):
        fail(dana, kind="id_token", endpoint="token", how=how)

        self.refused(dana, dana.confirm(asking, DANA))

    def test_counts_once(self, dana, asking):
        back = dana.choose(left(dana.submit(asking, "/sign-in/again")), DANA)
        dana.open(back)
        prove_again(dana.client, at=timezone.now() - timedelta(hours=1))

        assert dana.open(back).status_code == 400
        assert left(publish(dana)).startswith("/sign-in/again")

    def test_gives_the_browser_another_session(self, dana, asking):
        before = dana.client.cookies["session"].value
        dana.confirm(asking, DANA)

        assert dana.client.cookies["session"].value != before

    def test_of_who_is_no_owner_anymore_opens_nothing(self, dana, asking):
        dana.microsoft.directory.user(DANA).app_roles = {PORTAL: ["Viewer"]}
        dana.confirm(asking, DANA)

        assert left(dana.open(DRAFT)).startswith("/sign-in")
        dana.sign_in(DANA)
        assert dana.open(DRAFT).status_code == 403

    def test_leads_only_to_pages_of_this_portal(self, dana):
        asking = dana.open("/sign-in/again?next=//evil.example/")

        assert left(dana.confirm(asking, DANA)) == "/"

    def test_of_who_signed_out_meanwhile_signs_nobody_in(self, dana, asking):
        back = dana.choose(left(dana.submit(asking, "/sign-in/again")), DANA)
        dana.submit(dana.open(DRAFT), "/sign-out")

        assert dana.open(back).status_code == 400
        assert left(dana.open(DRAFT)).startswith("/sign-in")
