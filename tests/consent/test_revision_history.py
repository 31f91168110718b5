"""The pages that show revisions: the list, one, and the difference between two."""

import pytest
from django.urls import reverse

from tests.factories import NOW, P1, P2, P3, grants, make_installation, make_revision, make_tenant

pytestmark = pytest.mark.django_db


def address(name, **kwargs):
    return reverse(f"consent:{name}", kwargs={"slug": "sentinel-connector", **kwargs})


class TestRevisionPages:
    def test_the_list_tells_what_each_revision_changed(self, application, as_owner):
        make_revision(application, P1)
        make_revision(application, P2)
        rows = as_owner.get(address("revision_list")).context["revisions"]
        assert [(r["number"], r["added"], r["removed"], r["current"]) for r in rows] == [
            (2, [P2], [P1], True),
            (1, [P1], [], False),
        ]

    def test_the_list_says_what_to_do_first(self, application, as_owner):
        assert "No revision yet" in as_owner.get(address("revision_list")).content.decode()

    def test_one_revision_counts_the_tenants_that_satisfy_it(self, application, as_owner):
        make_revision(application, P1)
        make_revision(application, P1, P2)
        make_installation(application, make_tenant("A"), has=grants(P1))
        make_installation(application, make_tenant("B"), has=grants(P1, P2))
        first = as_owner.get(address("revision_detail", number=1)).context
        second = as_owner.get(address("revision_detail", number=2)).context
        assert (first["satisfied"], first["tenants"], first["satisfying_patterns"]) == (2, 2, 2)
        assert (second["satisfied"], second["satisfying_patterns"]) == (1, 1)

    def test_one_revision_tells_reasons_and_since_when_each_is_asked_for(self, application, as_owner):
        make_revision(application, P1)
        make_revision(application, P1, P2)
        page = as_owner.get(address("revision_detail", number=2)).content.decode()
        assert "We use SecurityAlert.Read.All." in page
        assert "since revision 1, by the command line" in page
        assert "since revision 2, by the command line" in page

    def test_two_revisions_are_compared_in_words(self, application, as_owner):
        make_revision(application, P1, P3)
        make_revision(application, P1, P2)
        page = as_owner.get(address("revision_compare", before=1, after=2)).context["apis"]
        assert [(a["name"], a["added"], a["removed"], a["kept"]) for a in page] == [
            ("Microsoft Graph", [P2], [P3], [P1])
        ]

    @pytest.mark.parametrize(
        ("name", "numbers"),
        [("revision_detail", {"number": 9}), ("revision_compare", {"before": 1, "after": 9})],
    )
    def test_what_is_not_there_is_not_found(self, application, as_owner, name, numbers):
        make_revision(application, P1, at=NOW)
        assert as_owner.get(address(name, **numbers)).status_code == 404

    @pytest.mark.parametrize("role", ["support", "viewer"])
    def test_every_role_may_read(self, application, client, request, role):
        make_revision(application, P1)
        make_revision(application, P2)
        client.force_login(request.getfixturevalue(role))
        for url in (
            address("revision_list"),
            address("revision_detail", number=1),
            address("revision_compare", before=1, after=2),
        ):
            page = client.get(url)
            assert page.status_code == 200
            assert "Edit permissions" not in page.content.decode()
