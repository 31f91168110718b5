"""The organization that is asked, and its administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from consent.models import Application, Installation
from tests import factories
from tests.consent.admin import Admin, open_link
from tests.consent.own import signed_in


@pytest.fixture
def northwind(application: Application) -> Installation:
    """Northwind Traders, asked for P1, never consented."""
    factories.make_revision(application, factories.P1)
    return factories.make_installation(
        application, factories.make_tenant("Northwind Traders", id=factories.T1)
    )


@pytest.fixture
def admin(northwind: Installation) -> Admin:
    return Admin(open_link(northwind))


@pytest.fixture
def story(application: Application) -> Application:
    """Revision 1 asked for P1 a month ago; revision 2 added P2 eleven days ago."""
    factories.make_revision(application, factories.P1, at=factories.NOW - timedelta(days=30))
    factories.make_revision(application, factories.P1, factories.P2, at=factories.NOW - timedelta(days=11))
    return application


@pytest.fixture
def behind(story: Application) -> Installation:
    """Northwind granted P1 at revision 1; revision 2 asks for P2 as well."""
    tenant = factories.make_tenant("Northwind Traders", id=factories.T1)
    installation = factories.make_installation(story, tenant, has=factories.grants(factories.P1))
    installation.evidence = installation.snapshots.get().evidence
    installation.save()
    return installation


@pytest.fixture
def ada(behind: Installation) -> Client:
    return signed_in(behind, "Privileged Role Administrator", name="Ada Alvarez")


@pytest.fixture
def rita(behind: Installation) -> Client:
    return signed_in(behind, "Security Reader", name="Rita Reyes")
