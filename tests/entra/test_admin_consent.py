from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from entra.admin_consent import ConsentReturn, consent_url, parse_return
from entra.errors import MalformedReturn
from entra.types import CLOUDS
from sandbox.demo import CONNECTOR, FABRIKAM, NORTHWIND
from tests.entra.conftest import PATIENT

RETURN = "http://localhost:8000/c/return"
STATE = "8Zw2_-state"
TRACE = "00000000-aaaa-4aaa-8aaa-000000000001"


def url(**changes: Any) -> str:
    given: dict[str, Any] = {
        "client_id": CONNECTOR,
        "cloud": CLOUDS["global"],
        "tenant": NORTHWIND,
        "redirect_uri": RETURN,
        "state": STATE,
    }
    return consent_url(**(given | changes))


def returned(**params: str | list[str]) -> ConsentReturn:
    given = {"state": STATE} | params
    return parse_return({name: [v] if isinstance(v, str) else v for name, v in given.items()})


class TestTheLink:
    def test_v1_names_the_tenant_and_says_where_to_return(self):
        parts = urlsplit(url())
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
            f"https://login.microsoftonline.com/{NORTHWIND}/adminconsent"
        )
        assert dict(parse_qsl(parts.query)) == {
            "client_id": CONNECTOR,
            "redirect_uri": RETURN,
            "state": STATE,
        }

    @pytest.mark.parametrize(("name", "cloud"), CLOUDS.items())
    def test_v2_asks_for_everything_registered_at_the_graph_of_the_cloud(self, name, cloud):
        parts = urlsplit(url(version="v2", cloud=cloud))
        assert parts.netloc == cloud.login_host
        assert parts.path == f"/{NORTHWIND}/v2.0/adminconsent"
        assert dict(parse_qsl(parts.query))["scope"] == f"https://{cloud.graph_host}/.default"

    def test_a_first_contact_may_be_any_organization(self):
        assert urlsplit(url(tenant="organizations")).path == "/organizations/adminconsent"

    @pytest.mark.parametrize(
        "tenant", ["common", "consumers", "northwind.example", "", f"{NORTHWIND}/x", "..", "{}"]
    )
    def test_anything_else_is_no_tenant(self, tenant):
        with pytest.raises(ValueError, match="GUID"):
            url(tenant=tenant)

    def test_the_state_cannot_break_out(self):
        query = dict(parse_qsl(urlsplit(url(state="a&tenant=x#y")).query))
        assert query["state"] == "a&tenant=x#y"


class TestARoundTrip:
    def go(self, microsoft, session, person: str, consent: str, **changes) -> ConsentReturn:
        address = session.browser_url(url(**changes))
        with requests.Session() as browser:
            browser.trust_env = False
            browser.post(address, data={"user": person}, allow_redirects=False)
            page = browser.post(address, data={"user": person, **_decision(consent)}, allow_redirects=False)
        assert "Location" in page.headers, page.text
        params: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(page.headers["Location"]).query, keep_blank_values=True):
            params.setdefault(name, []).append(value)
        return parse_return(params)

    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_accepting_claims_the_tenant(self, microsoft, session, version):
        femi = f"{FABRIKAM}/22222222-0000-4000-8000-000000000001"
        claim = self.go(microsoft, session, femi, "accept", tenant=FABRIKAM, version=version)
        assert claim == ConsentReturn(outcome="claimed", state=STATE, tenant=FABRIKAM)

    @pytest.mark.parametrize("how", ["observed", "documented_v1", "documented_v2"])
    def test_each_way_of_declining_is_one(self, microsoft, session, how):
        microsoft.control("PATCH", "settings", decline=how)
        ada = f"{NORTHWIND}/11111111-0000-4000-8000-000000000001"
        claim = self.go(microsoft, session, ada, "cancel")
        assert claim.outcome == "declined"
        assert claim.state == ("" if how == "documented_v1" else STATE)

    def test_an_account_of_another_organization_is_refused_and_not_declined(self, microsoft, session):
        femi = f"{FABRIKAM}/22222222-0000-4000-8000-000000000001"
        claim = self.go(microsoft, session, femi, "accept")
        assert (claim.outcome, claim.code, claim.error) == ("refused", 50020, "access_denied")


def _decision(consent: str) -> dict[str, str]:
    return {"consent": consent, "decision": consent, "step": consent, "answer": consent}


class TestWhatCameBack:
    @pytest.mark.parametrize("value", ["True", "true", "TRUE"])
    def test_true_is_a_claim_and_no_more(self, value):
        claim = returned(admin_consent=value, tenant=NORTHWIND.upper())
        assert claim == ConsentReturn(outcome="claimed", state=STATE, tenant=NORTHWIND)

    @pytest.mark.parametrize("value", ["False", "1", "yes", "", " True"])
    def test_anything_else_is_unclear(self, value):
        claim = returned(admin_consent=value, tenant=NORTHWIND)
        assert (claim.outcome, claim.error) == ("refused", "unclear")

    def test_nothing_but_a_state_is_unclear(self):
        assert returned().error == "unclear"

    @pytest.mark.parametrize(
        "tenant", ["", "northwind.example", "<script>", f"{NORTHWIND} ", f"{{{NORTHWIND}}}"]
    )
    def test_only_a_guid_is_a_hint(self, tenant):
        assert returned(admin_consent="True", tenant=tenant).tenant is None

    @pytest.mark.parametrize("error", ["access_denied", "consent_required", "permission_denied"])
    def test_an_error_counts_before_the_claim(self, error):
        claim = returned(admin_consent="True", tenant=NORTHWIND, error=error)
        assert (claim.outcome, claim.error, claim.tenant) == ("declined", error, NORTHWIND)

    def test_a_lone_description_or_subcode_is_an_error(self):
        assert returned(admin_consent="True", error_description="AADSTS65004: no").outcome == "declined"
        claim = returned(admin_consent="True", error_subcode="cancel")
        assert (claim.outcome, claim.error, claim.subcode) == ("refused", "unclear", "cancel")

    def test_the_description_is_one_clean_line_with_its_fields_apart(self):
        claim = returned(
            admin_consent="True",
            error="invalid_client",
            error_description=(
                f"AADSTS650052: The app needs\r\na service.\r\nTrace ID: {TRACE}\r\n"
                f"Correlation ID: {TRACE}\r\nTimestamp: 2026-01-15 10:22:33Z"
            ),
        )
        assert claim == ConsentReturn(
            outcome="refused",
            state=STATE,
            error="invalid_client",
            code=650052,
            description="AADSTS650052: The app needs a service.",
            trace_id=TRACE,
            correlation_id=TRACE,
            timestamp="2026-01-15 10:22:33Z",
        )

    def test_a_description_in_a_language_that_runs_the_other_way_is_taken(self):
        claim = returned(error="access_denied", error_description="AADSTS65004: \u200fنعم\u200f")
        assert (claim.outcome, claim.description) == ("declined", "AADSTS65004: نعم")

    def test_parameters_that_we_do_not_read_may_hold_anything(self):
        assert returned(admin_consent="True", scope=["x" * 9000, "\x00"]).outcome == "claimed"


class TestMalformedReturns:
    @pytest.mark.parametrize(
        "state", ["", " ", "a b", "ü", "a\x00", "a\n", "x" * 201, "x" * 8000, "\udc80", "\u202e"]
    )
    def test_a_state_that_we_never_sent(self, state):
        with pytest.raises(MalformedReturn):
            returned(state=state, admin_consent="True")

    def test_no_state(self):
        with pytest.raises(MalformedReturn):
            parse_return({"admin_consent": ["True"]})
        with pytest.raises(MalformedReturn):
            parse_return({"state": [""], "error": ["permission_denied"]})
        with pytest.raises(MalformedReturn):
            parse_return({"state": []})

    @pytest.mark.parametrize("name", ["state", "tenant", "admin_consent", "error", "error_description"])
    def test_a_parameter_twice(self, name):
        with pytest.raises(MalformedReturn, match=f"more than one {name}"):
            returned(**{name: ["a", "b"]})

    @pytest.mark.parametrize(
        "name", ["tenant", "admin_consent", "error", "error_description", "error_subcode"]
    )
    def test_a_parameter_that_is_too_long(self, name):
        assert returned(**{name: "x" * 4096}).state == STATE
        with pytest.raises(MalformedReturn, match="too long"):
            returned(**{name: "x" * 4097})
        with pytest.raises(MalformedReturn, match="too long"):
            returned(**{name: "ü" * 2049})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("tenant", "a\x00b"),
            ("tenant", "a\nb"),
            ("admin_consent", "Tru\u202ee"),
            ("error", "a\r\nb"),
            ("error_description", "a\x00b"),
            ("error_description", "a\x1bb"),
            ("error_description", "\udc80"),
        ],
    )
    def test_characters_that_microsoft_does_not_send(self, name, value):
        with pytest.raises(MalformedReturn):
            returned(**{name: value})

    @PATIENT
    @given(
        st.dictionaries(
            st.sampled_from(
                ["state", "tenant", "admin_consent", "error", "error_description", "error_subcode", "scope"]
            ),
            st.lists(st.sampled_from(["True", "", NORTHWIND, STATE]) | st.text(max_size=300), max_size=2),
        )
    )
    def test_any_return_is_understood_or_refused(self, params):
        try:
            claim = parse_return(params)
        except MalformedReturn:
            return
        troubled = any(params.get(name, [""])[:1] not in ([], [""]) for name in _TROUBLE)
        assert not (troubled and claim.outcome == "claimed")
        assert claim.state == params.get("state", [""])[0]
        assert len(claim.description) <= 300
        assert (claim.description + claim.error + claim.subcode).isprintable()
        assert claim.tenant is None or claim.tenant == claim.tenant.lower()


_TROUBLE = ("error", "error_description", "error_subcode")
