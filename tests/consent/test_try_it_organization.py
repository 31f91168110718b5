"""An administrator tries the application from the organization's own page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from consent.models import SignInEvidence
from tests import factories, stage
from tests.consent.admin import heading_of, main_of
from tests.consent.trying import READER, RUI, give_role
from tests.factories import D1, P1, T1, T2, USER_READ, make_installation, make_revision, make_tenant

PAGE = "/organization/sentinel-connector/try"


@pytest.fixture
def northwind(microsoft, application):
    make_revision(application, P1, D1, USER_READ)
    stage.grant(microsoft.directory, T1, P1, D1, USER_READ)
    tenant = make_tenant("Northwind Traders", id=T1)
    make_installation(application, tenant, has=factories.grants(P1))
    return tenant


@pytest.fixture
def ada(client: Client, northwind) -> Client:
    client.force_login(factories.make_tenant_admin(northwind, "Privileged Role Administrator"))
    return client


def try_it(client: Client, user: str = RUI):
    leaving = client.post(f"{PAGE}/start")
    assert leaving.status_code == 303
    back = urlsplit(
        requests.post(
            leaving.headers["Location"], data={"user": user}, allow_redirects=False, timeout=10
        ).headers["Location"]
    )
    return client.get(f"{back.path}?{back.query}", follow=True)


def test_the_page_says_what_will_happen_and_asks_microsoft_nothing(ada, microsoft):
    page = ada.get(PAGE)

    assert page.status_code == 200
    assert "We ask Microsoft for User.Read alone" in main_of(page)
    assert not SignInEvidence.objects.exists()


def test_without_a_role_the_page_says_so_and_with_one_it_works(ada, microsoft):
    assert heading_of(try_it(ada)) == "The app may, but you may not: no Security Reader role"
    give_role(microsoft, READER)

    assert heading_of(try_it(ada)) == "You can read alerts and secure scores here"


def test_an_account_of_another_organization_gets_no_further(ada):
    response = try_it(ada, "femi@fabrikam.example")

    assert heading_of(response) == "That account belongs to another organization"
    assert not SignInEvidence.objects.exists()


def test_a_result_is_for_the_browser_that_made_it(ada, northwind, application):
    address = try_it(ada).redirect_chain[-1][0]
    colleague, stranger = Client(), Client()
    colleague.force_login(factories.make_tenant_admin(northwind, READER, name="Cleo"))
    fabrikam = make_tenant("Fabrikam Residences", id=T2)
    make_installation(application, fabrikam)
    stranger.force_login(factories.make_tenant_admin(fabrikam, READER, name="Femi"))

    assert ada.get(address).status_code == 200
    assert colleague.get(address).status_code == 404
    assert stranger.get(address).status_code == 404


@pytest.mark.parametrize("result", ["nothing", "00000000-0000-4000-8000-000000000000", "%00", "x" * 5000])
def test_a_result_is_not_found_by_guessing(ada, result):
    assert ada.get(f"{PAGE}?result={result}").status_code == 404


def test_staff_and_strangers_find_no_such_page(client, northwind, owner, stranger):
    for person in (owner, stranger):
        client.force_login(person)
        assert client.get(PAGE).status_code == 404
        assert client.post(f"{PAGE}/start").status_code == 404
