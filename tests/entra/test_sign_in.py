import hashlib
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from entra.errors import SignInFailed
from entra.sign_in import Identity, begin, complete
from entra.types import CLOUDS, Client, Secret
from sandbox.demo import HOME, NORTHWIND, PORTAL, demo
from tests.entra.conftest import STAFF

RETURN = "http://localhost:8000/sign-in/return"
ADA = f"{NORTHWIND}/11111111-0000-4000-8000-000000000001"
DANA = f"{HOME}/0c0ffee0-0000-4000-8000-000000000001"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"


def start(session, authority="organizations", **options):
    return begin(session, STAFF, authority_tenant=authority, redirect_uri=RETURN, **options)


def return_of(url: str, person: str) -> dict[str, str]:
    """Sign in as this person at the sandbox, and take what their browser would bring back."""
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.post(url, data={"user": person}, allow_redirects=False)
        if "Location" not in page.headers:
            page = browser.post(url, data={"consent": "accept", "user": person}, allow_redirects=False)
        assert "Location" in page.headers, page.text
    return dict(parse_qsl(urlsplit(page.headers["Location"]).query))


def sign_in(session, person=DANA, authority="organizations", **options) -> Identity:
    flow, url = start(session, authority, **options)
    kept = json.loads(json.dumps(flow))
    return complete(session, STAFF, flow=kept, params=return_of(url, person), now=datetime.now(UTC))


def failure_of(session, flow, params, now=None) -> SignInFailed:
    with pytest.raises(SignInFailed) as caught:
        complete(session, STAFF, flow=flow, params=params, now=now or datetime.now(UTC))
    return caught.value


class TestBeginning:
    def test_the_browser_is_sent_to_microsoft_with_everything_that_binds_the_return(self, microsoft, session):
        flow, url = start(session, prompt="select_account")
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}" == microsoft.url
        assert parts.path == "/organizations/oauth2/v2.0/authorize"
        assert query["state"] == flow["state"]
        assert query["nonce"] == hashlib.sha256(flow["nonce"].encode()).hexdigest()
        assert query["code_challenge_method"] == "S256"
        assert query["prompt"] == "select_account"
        assert query["redirect_uri"] == RETURN
        assert query.get("response_mode", "query") == "query"
        assert set(query["scope"].split()) == {"openid", "profile"}
        assert flow["code_verifier"] not in url
        assert flow["nonce"] not in url

    def test_two_sign_ins_share_nothing(self, session):
        first, second = start(session)[0], start(session)[0]
        for name in ("state", "nonce", "code_verifier"):
            assert first[name] != second[name]

    @pytest.mark.parametrize("authority", ["common", "consumers", "northwind.example", "", "../x"])
    def test_only_a_tenant_or_organizations_is_an_authority(self, session, authority):
        with pytest.raises(ValueError, match="GUID"):
            start(session, authority)

    def test_nothing_is_asked_of_microsoft(self, microsoft, session):
        start(session)
        assert microsoft.asked() == []


class TestSigningIn:
    def test_staff_come_with_their_portal_role(self, session):
        person = sign_in(session)
        assert (person.tid, person.oid) == (HOME, DANA.split("/")[1])
        assert person.roles == ("Owner",)
        assert person.name == "Dana Okafor"
        assert person.username == "dana@contoso.example"
        assert "openid" in person.scopes
        assert person.claims["tid"] == HOME
        assert "nonce" not in person.claims

    def test_an_admin_comes_with_directory_roles(self, microsoft, session):
        microsoft.grant(NORTHWIND, "openid:delegated", "profile:delegated", app=PORTAL)
        person = sign_in(session, ADA)
        assert person.tid == NORTHWIND
        assert PRIVILEGED_ROLE_ADMINISTRATOR in person.wids
        assert person.wids_known

    def test_directory_roles_that_the_token_lacks_are_read(self, microsoft, session):
        self._without_roles_in_tokens(microsoft)
        person = sign_in(session, ADA, scopes=["User.Read"])
        assert person.wids == (PRIVILEGED_ROLE_ADMINISTRATOR,)
        assert person.wids_known

    def test_directory_roles_that_nobody_tells_are_not_none_but_unknown(self, microsoft, session):
        self._without_roles_in_tokens(microsoft)
        assert not sign_in(session, ADA).wids_known
        microsoft.fault("error503", "graph")
        person = sign_in(session, ADA, scopes=["User.Read"])
        assert (person.wids, person.wids_known) == ((), False)

    def _without_roles_in_tokens(self, microsoft):
        (app,) = (one for one in demo()["applications"] if one["appId"] == PORTAL)
        microsoft.control("POST", "load", applications=[app | {"directoryRolesInIdToken": False}])
        microsoft.grant(NORTHWIND, "openid:delegated", "profile:delegated", "User.Read:delegated", app=PORTAL)

    def test_the_code_exchange_and_the_keys_are_all_it_takes(self, microsoft, session):
        sign_in(session)
        sign_in(session)
        asked = [entry["endpoint"] for entry in microsoft.asked() if entry["endpoint"] != "authorize"]
        assert asked == ["token", "keys", "token"]

    def test_a_rotated_key_is_found(self, microsoft, session):
        sign_in(session)
        microsoft.control("POST", "keys/rotate")
        flow, url = start(session)
        later = datetime.now(UTC) + timedelta(minutes=6)
        assert complete(session, STAFF, flow=flow, params=return_of(url, DANA), now=later).tid == HOME

    def test_the_home_tenants_path_takes_its_own_people(self, session):
        assert sign_in(session, authority=HOME).tid == HOME

    def test_nothing_secret_is_logged(self, session, caplog):
        caplog.set_level("DEBUG")
        flow, url = start(session)
        params = return_of(url, DANA)
        caplog.clear()
        complete(session, STAFF, flow=flow, params=params, now=datetime.now(UTC))
        for hidden in (params["code"], flow["code_verifier"], flow["nonce"], "sandbox-portal-secret", "eyJ"):
            assert hidden not in caplog.text


class TestComingBackWrong:
    def test_an_error_of_microsoft_is_said_plainly(self, session):
        flow, _ = start(session)
        description = "AADSTS65004: User declined.\r\nTrace ID: 00000000-0000-0000-0000-000000000001"
        params = {"state": flow["state"], "error": "access_denied", "error_description": description}
        failure = failure_of(session, flow, params)
        assert failure.summary == "You declined at Microsoft (AADSTS65004)."
        assert failure.request_id == "00000000-0000-0000-0000-000000000001"

    def test_cancelling_has_no_code(self, session):
        flow, _ = start(session)
        params = {"state": flow["state"], "error": "access_denied", "error_subcode": "cancel"}
        assert failure_of(session, flow, params).summary == "You cancelled at Microsoft."

    def test_an_error_counts_more_than_a_code(self, microsoft, session):
        flow, _ = start(session)
        params = {"state": flow["state"], "error": "server_error", "code": "x"}
        assert failure_of(session, flow, params).summary == "Microsoft refused the sign-in."
        assert microsoft.asked() == []

    @pytest.mark.parametrize("state", ["", "12345", "ü", "\udc80", None])
    def test_a_foreign_state_is_refused(self, microsoft, session, state):
        flow, _ = start(session)
        params = {"code": "x"} | ({} if state is None else {"state": state})
        assert "another sign-in" in failure_of(session, flow, params).summary
        assert microsoft.asked() == []

    @pytest.mark.parametrize(
        "missing", ["state", "nonce", "code_verifier", "authority_tenant", "redirect_uri"]
    )
    def test_a_browser_without_a_sign_in_under_way_is_refused(self, session, missing):
        flow, _ = start(session)
        params = {"code": "x", "state": flow["state"]}
        del flow[missing]
        assert "No sign-in was under way" in failure_of(session, flow, params).summary

    def test_nothing_at_all_is_refused(self, session):
        flow, _ = start(session)
        assert "no result" in failure_of(session, flow, {"state": flow["state"]}).summary

    def test_a_code_works_once(self, session):
        flow, url = start(session)
        params = return_of(url, DANA)
        complete(session, STAFF, flow=flow, params=params, now=datetime.now(UTC))
        failure = failure_of(session, flow, params)
        assert failure.code == 54005
        assert "already used" in failure.summary
        assert not failure.retryable

    def test_a_code_of_another_session_does_not_pass(self, session):
        mine, _ = start(session)
        _, theirs = start(session)
        params = return_of(theirs, DANA) | {"state": mine["state"]}
        assert failure_of(session, mine, params).code == 501481

    @pytest.mark.parametrize("fault", ["error503", "garbage", "truncated", "hello", "reset"])
    def test_an_outage_is_worth_another_try(self, microsoft, session, fault):
        flow, url = start(session)
        params = return_of(url, DANA)
        microsoft.fault(fault, "token")
        failure = failure_of(session, flow, params)
        assert failure.retryable
        assert "Microsoft could not be reached" in failure.summary
        assert not failure.summary.endswith("..")

    def test_a_wrong_credential_of_the_portal_is_said(self, session):
        flow, url = start(session)
        client = Client(PORTAL, CLOUDS["global"], Secret("wrong"))
        with pytest.raises(SignInFailed) as caught:
            complete(session, client, flow=flow, params=return_of(url, DANA), now=datetime.now(UTC))
        assert caught.value.summary == (
            "Microsoft rejected the application's client secret as wrong (AADSTS7000215)."
        )

    @pytest.mark.parametrize("how", ["audience", "issuer", "nonce", "expired", "signature", "none", "tenant"])
    def test_a_spoiled_id_token_signs_nobody_in(self, microsoft, session, how, caplog):
        caplog.set_level("DEBUG")
        flow, url = start(session)
        params = return_of(url, DANA)
        microsoft.fault("id_token", "token", how=how)
        failure = failure_of(session, flow, params)
        assert "eyJ" not in f"{failure!r}{failure.__cause__}{caplog.text}"
