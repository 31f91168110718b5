"""The token inspector meets Microsoft's own tokens, and anything else that can be pasted."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entra.http import EntraSession
from entra.tokens import app_only as issued_to
from entra.types import CLOUDS, Client, Secret
from tests import factories, stage
from tests.consent.admin import main_of
from tests.factories import CONNECTOR, P1, P2, T1, grants
from tests.support.pasted import HEADER, jws, part

URL = "/sentinel-connector/support/token"
PATIENT = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WORDS = st.text(st.characters(codec="utf-8"), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.dictionaries(
    st.sampled_from(
        ["aud", "appid", "tid", "oid", "roles", "scp", "wids", "iat", "exp", "nbf", "ver", "idtyp"]
    )
    | WORDS,
    JSON,
    max_size=8,
).map(lambda drawn: {"iss": f"https://sts.windows.net/{T1}/", "appid": str(CONNECTOR), **drawn})


@pytest.fixture
def northwind(application):
    factories.make_revision(application, P1, P2)
    tenant = factories.make_tenant("Northwind Traders", id=T1)
    return factories.make_installation(application, tenant, has=grants(P1))


def test_a_token_that_microsoft_issued_raises_no_doubt(as_owner, northwind, microsoft):
    stage.require(microsoft.directory, P1, P2)
    stage.grant(microsoft.directory, T1, P1)
    client = Client(str(CONNECTOR), CLOUDS["global"], Secret("sandbox-connector-secret"))
    token = issued_to(EntraSession(sandbox_url=microsoft.url), client, str(T1)).value

    page = as_owner.post(URL, {"token": token})

    text = main_of(page)
    assert "This token can read secure scores, not alerts or incidents" in text
    assert f"{P1.value} Carried Granted Nothing to do" in text
    assert f"{P2.value} Missing Not granted" in text
    assert "Forged" not in text
    assert token.rpartition(".")[2][:24] not in page.content.decode()


@PATIENT
@given(st.one_of(WORDS, st.builds("{}.{}.{}".format, st.just(part(HEADER)), WORDS, WORDS)))
def test_any_text_gets_an_answer(as_owner, northwind, text):
    assert as_owner.post(URL, {"token": text}).status_code in {200, 422}


@PATIENT
@given(claims=CLAIMS, header=st.just(HEADER) | st.dictionaries(WORDS, JSON, max_size=3))
def test_any_claims_get_an_answer(as_owner, northwind, claims, header):
    assert as_owner.post(URL, {"token": jws(claims, header=header)}).status_code == 200


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"token=%ff%00", b"token", b"%%%", b"token=" + b"%ED%A0%80" * 9]
)
def test_any_body_gets_an_answer(as_owner, northwind, body):
    answer = as_owner.post(URL, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in {400, 422}


def test_signing_out_empties_what_the_browser_kept(as_owner, northwind):
    assert as_owner.post("/sign-out").headers["Clear-Site-Data"] == '"cache"'
