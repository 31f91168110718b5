import json
import pickle
import time
from datetime import UTC, datetime

import pytest

from entra.errors import Unavailable
from entra.security import Bearer, live_get
from entra.sign_in import begin, complete
from entra.tokens import app_only
from entra.types import CLOUDS
from sandbox.demo import CONNECTOR, NORTHWIND
from tests.entra.conftest import APP
from tests.entra.peers import reply
from tests.entra.test_sign_in import ADA, return_of

GLOBAL = CLOUDS["global"]
RETURN = "http://localhost:8000/c/return"
SCORES = "/security/secureScores"


def token_of(session) -> Bearer:
    return Bearer(app_only(session, APP, NORTHWIND).value)


def refuse(status, code, message):
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": "r-1"}}}
    return reply(body, status=status)


class TestCallingForReal:
    def test_a_few_entries_come_with_both_request_ids(self, microsoft, session):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")

        answer = live_get(session, GLOBAL, token_of(session), SCORES)

        assert (answer.status, answer.rows, answer.code) == (200, 3, "")
        assert answer.request_id
        assert answer.client_request_id
        assert answer.request_id != answer.client_request_id

    def test_a_refusal_is_an_answer_with_its_code(self, microsoft, session):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")

        answer = live_get(session, GLOBAL, token_of(session), "/security/alerts_v2")

        assert (answer.status, answer.code, answer.rows) == (403, "Forbidden", None)
        assert "SecurityAlert.Read.All" in answer.message
        assert answer.request_id

    def test_a_partial_answer_names_the_provider_that_failed(self, microsoft, session):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")
        microsoft.fault("partial", "graph")

        answer = live_get(session, GLOBAL, token_of(session), "/security/alerts")

        assert (answer.status, answer.warning) == (206, '199 - "Microsoft/WDATP/401/228"')

    @pytest.mark.parametrize("kind", ["reset", "garbage", "error503", "huge", "redirect302"])
    def test_a_failure_of_microsofts_is_an_answer_too(self, microsoft, session, kind):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")
        token = token_of(session)
        microsoft.fault(kind, "graph")

        answer = live_get(session, GLOBAL, token, SCORES)

        assert answer.rows is None
        assert answer.client_request_id

    def test_microsofts_text_is_short_and_on_one_line(self, facing):
        session = facing(refuse(403, "Forbidden", "no\r\n\u202e" + "x" * 5000))

        answer = live_get(session, GLOBAL, Bearer("a.b.c"), SCORES)

        assert len(answer.message) <= 200
        assert "\n" not in answer.message
        assert "\u202e" not in answer.message


class TestTheToken:
    def test_has_no_text_in_its_repr_and_is_never_stored(self, session, microsoft):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")
        text = app_only(session, APP, NORTHWIND).value
        bearer = Bearer(text)

        assert text not in repr(bearer)
        assert text not in str(bearer)
        assert not hasattr(bearer, "__dict__")
        with pytest.raises(TypeError):
            pickle.dumps(bearer)
        with pytest.raises(TypeError):
            json.dumps(bearer)

    def test_gives_facts_even_when_it_is_opaque(self):
        assert Bearer("no jwt at all").facts == {}
        assert Bearer("no jwt at all").claim_names == frozenset()

    def test_is_handed_on_only_after_the_id_token_was_checked(self, microsoft, session):
        microsoft.grant(NORTHWIND, "User.Read:delegated", "SecurityEvents.Read.All:delegated")
        seen = []

        def sign_in():
            flow, url = begin(
                session, APP, authority_tenant=NORTHWIND, redirect_uri=RETURN, scopes=["User.Read"]
            )
            complete(
                session,
                APP,
                flow=flow,
                params=return_of(url, ADA),
                now=datetime.now(UTC),
                on_token=lambda identity, token: seen.append((identity, token)),
            )

        microsoft.fault("id_token", how="nonce", times=1)
        with pytest.raises(Exception, match="another sign-in"):
            sign_in()
        assert seen == []
        sign_in()

        identity, token = seen[0]
        assert identity.tid == NORTHWIND
        assert "SecurityEvents.Read.All" in token.facts["scp"].split()
        assert token.facts["appid"] == CONNECTOR


class TestATimeForAllCallsTogether:
    def test_ends_the_call_that_would_outlast_it(self, microsoft, session):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")
        token = token_of(session)
        microsoft.fault("slow", "graph", seconds=0.3)
        started = time.monotonic()

        with session.within(0.5):
            answers = [live_get(session, GLOBAL, token, SCORES) for _ in range(4)]

        assert time.monotonic() - started < 2
        assert [answer.status for answer in answers][:1] == [200]
        assert [answer.status for answer in answers][-1] == 0

    def test_is_over_afterwards(self, microsoft, session):
        with session.within(0), pytest.raises(Unavailable):
            token_of(session)
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")

        bearer = token_of(session)
        assert bearer.facts["tid"] == NORTHWIND


def test_eligible_roles_are_read_where_the_application_may(microsoft, session):
    from entra.graph import Directory

    rui = "11111111-0000-4000-8000-000000000003"
    reader = "5d6b6bb7-de71-4623-b4af-96380a352509"
    microsoft.grant(NORTHWIND, "RoleManagement.Read.Directory:application")
    microsoft.control("PATCH", f"users/{rui}", eligibleRoles=["Security Reader"])

    directory = Directory(session, APP, app_only(session, APP, NORTHWIND).value)

    assert directory.eligible_roles(rui) == {reader}
