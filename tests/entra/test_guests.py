"""Who is a guest of the tenant that vouches for them, and which roles they could activate."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from entra.claims import is_guest
from entra.directory_roles import read_eligible
from entra.errors import EntraError, Throttled
from sandbox.demo import FABRIKAM, NORTHWIND
from tests.entra.conftest import APP
from tests.entra.test_sign_in import ADA, sign_in, start

GUS = f"{NORTHWIND}/11111111-0000-4000-8000-000000000006"
ELIO = "11111111-0000-4000-8000-000000000005"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class TestAGuest:
    def test_is_told_from_members_by_the_token_of_the_tenant(self, session):
        assert sign_in(session, GUS, NORTHWIND).guest
        assert not sign_in(session, ADA, NORTHWIND).guest

    def test_is_a_member_at_home(self, session):
        identity = sign_in(session, GUS)

        assert (identity.tid, identity.guest) == (FABRIKAM, False)

    @pytest.mark.parametrize(
        ("claims", "guest"),
        [
            ({"acct": 1}, True),
            ({"acct": 0, "idp": f"https://sts.windows.net/{FABRIKAM}/"}, False),
            ({"idp": f"https://sts.windows.net/{FABRIKAM}/"}, True),
            ({"idp": "live.com"}, True),
            ({"idp": f"https://sts.windows.net/{NORTHWIND.upper()}/"}, False),
            ({"upn": "gus_fabrikam.example#EXT#@northwind.example"}, True),
            ({"preferred_username": "gus_fabrikam.example#ext#@northwind.example"}, True),
            ({"preferred_username": "gus@fabrikam.example"}, False),
            ({"acct": True, "idp": 7, "upn": None}, False),
            ({}, False),
        ],
    )
    def test_shows_in_whichever_claim_there_is(self, claims, guest):
        assert is_guest({"tid": NORTHWIND, **claims}) is guest


class TestBeginningAnew:
    def query(self, session, **options) -> dict[str, list[str]]:
        return parse_qs(urlsplit(start(session, **options)[1]).query)

    def test_asks_for_a_new_proof_and_the_time_of_it(self, session):
        asked = self.query(session, anew=True, login_hint="ada@northwind.example")

        assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
        assert asked["login_hint"] == ["ada@northwind.example"]

    def test_is_not_the_usual_way(self, session):
        assert not {"prompt", "max_age", "login_hint"} & set(self.query(session))

    def test_tells_when_the_person_proved_themselves(self, session):
        identity = sign_in(session, ADA, anew=True)

        assert identity.auth_time is not None
        assert abs((datetime.now(UTC) - identity.auth_time).total_seconds()) < 60


class TestEligibleRoles:
    def read(self, session, person=ELIO):
        return read_eligible(session, APP, tenant_id=NORTHWIND, person_id=person, now=NOW)

    @pytest.mark.parametrize(
        "permission", ["RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory"]
    )
    def test_are_read_where_the_tenant_lets_the_application(self, microsoft, session, permission):
        microsoft.grant(NORTHWIND, f"{permission}:application")

        assert self.read(session) == {SECURITY_READER}
        assert self.read(session, ADA.split("/")[1]) == set()

    def test_are_unknown_elsewhere_and_the_directory_is_not_even_asked(self, microsoft, session):
        microsoft.grant(NORTHWIND, "SecurityEvents.Read.All:application")

        assert self.read(session) is None
        assert microsoft.asked("graph") == []

    def test_are_unknown_where_graph_refuses(self, microsoft, session):
        microsoft.grant(NORTHWIND, "RoleManagement.Read.Directory:application")
        microsoft.fault("graph", "graph", status=403, code="Authorization_RequestDenied", message="No.")

        assert self.read(session) is None

    def test_are_not_none_when_graph_does_not_answer(self, microsoft, session):
        microsoft.grant(NORTHWIND, "RoleManagement.Read.Directory:application")
        microsoft.fault("throttle", "graph")

        with pytest.raises(Throttled):
            self.read(session)

    def test_of_a_tenant_that_never_consented_cannot_be_asked_for(self, session):
        with pytest.raises(EntraError):
            self.read(session)
