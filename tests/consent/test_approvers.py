"""Which directory roles may consent to a required set."""

import pytest

from consent.rules.approvers import approvers_of, needs_security_reader
from entra.types import Permission
from tests.factories import D1, P1, P2, USER_READ

OTHER_API = Permission("c0ffee00-0000-4000-8000-000000000001", "application", P1.id, "Jobs.Run")
MAIL = Permission(USER_READ.resource, "delegated", "570282fd-fa5c-430d-a7fd-fc8dc98a9dca", "Mail.Read")
EITHER_OF_TWO = "Privileged Role Administrator or Global Administrator"
ANY_OF_FOUR = f"Cloud Application Administrator, Application Administrator, {EITHER_OF_TWO}"


@pytest.mark.parametrize(
    ("required", "words"),
    [
        ([P1], EITHER_OF_TWO),
        ([P1, USER_READ], EITHER_OF_TWO),
        ([P1, OTHER_API], EITHER_OF_TWO),
        ([USER_READ], ANY_OF_FOUR),
        ([D1], ANY_OF_FOUR),
        ([OTHER_API], ANY_OF_FOUR),
        ([OTHER_API, USER_READ], ANY_OF_FOUR),
        ([], ""),
    ],
)
def test_application_permissions_of_graph_take_the_highest_roles(required, words):
    assert approvers_of(required).words == words


def test_the_reason_names_a_permission_that_decides():
    assert approvers_of([USER_READ, P2, P1]).why == (
        "It asks for application permissions of Microsoft Graph: SecurityAlert.Read.All (and 1 more)."
        " Only these roles can approve those."
    )


@pytest.mark.parametrize(
    ("required", "needed"),
    [([D1], True), ([P1], False), ([P1, D1], True), ([USER_READ, MAIL], False), ([], False)],
)
def test_people_need_security_reader_only_for_security_data_on_their_own_behalf(required, needed):
    assert needs_security_reader(required) is needed
