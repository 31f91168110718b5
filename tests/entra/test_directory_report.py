from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from entra.directory_report import read_report
from entra.directory_rights import GRAPH_EXPLORER
from entra.errors import EntraError
from sandbox.demo import CONNECTOR, NORTHWIND
from tests.entra.conftest import APP
from tests.entra.peers import reply, unsigned

SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
PERSON = "99999999-aaaa-4aaa-8aaa-aaaaaaaaaaaa"


class Graph:
    """Answers each part of the directory with the status that a test wants."""

    def __init__(self, **statuses: int) -> None:
        self.statuses = statuses

    def __call__(self, request):
        path = urlsplit(request.target).path
        if request.method == "POST":
            claims = {"aud": "https://graph.microsoft.com", "tid": NORTHWIND, "appid": CONNECTOR}
            may = ["Directory.Read.All"]
            return reply({"token_type": "Bearer", "access_token": unsigned(claims | {"roles": may})})
        part = "apps" if GRAPH_EXPLORER in path else path.rpartition("/")[2]
        status = self.statuses.get(part, 200)
        if status != 200:
            return reply({"error": {"code": "Refused", "message": "No."}}, status)
        if part == "apps":
            return reply({"id": PERSON, "appId": GRAPH_EXPLORER})
        return reply({"value": [{"principalId": PERSON, "directoryScopeId": "/"}]})


def report(session):
    return read_report(
        session,
        APP,
        tenant_id=NORTHWIND,
        person_id=PERSON,
        roles=(SECURITY_READER,),
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )


def test_a_part_that_graph_refuses_is_unknown_and_the_rest_is_told(facing):
    seen = report(facing(Graph(roleEligibilityScheduleInstances=403, apps=404)))
    holders = seen.holders[SECURITY_READER]
    assert (holders.active, holders.person_active) == (1, True)
    assert (holders.eligible, holders.person_eligible) == (None, None)
    assert seen.explorer.present is False


@pytest.mark.parametrize(
    "statuses",
    [{"roleAssignments": 401}, {"apps": 400}, {"apps": 503}],
    ids=["a token that no longer counts", "a question that is wrong", "Microsoft away"],
)
def test_what_is_no_answer_about_rights_is_no_report(facing, statuses):
    with pytest.raises(EntraError):
        report(facing(Graph(**statuses)))
