"""The organization that is asked, and its administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consent.models import Application, Installation
from tests import factories
from tests.consent.admin import Admin, open_link


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
