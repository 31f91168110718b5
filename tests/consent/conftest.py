"""The organization that is asked, and its administrator."""

from __future__ import annotations

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
