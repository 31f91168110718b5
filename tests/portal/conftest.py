"""The publisher's application and its two customers, and people who come to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from consent.models import Application, Installation
from sandbox.server import Running
from tests import factories
from tests.visitor import Visitor


@pytest.fixture
def northwind(application: Application) -> Installation:
    factories.make_revision(application, factories.P1)
    tenant = factories.make_tenant("Northwind Traders", id=factories.T1)
    return factories.make_installation(application, tenant)


@pytest.fixture
def fabrikam(northwind: Installation) -> Installation:
    tenant = factories.make_tenant("Fabrikam Residences", id=factories.T2)
    return factories.make_installation(northwind.application, tenant)


@pytest.fixture
def visitors(
    microsoft: Running, northwind: Installation, fabrikam: Installation
) -> Iterator[Callable[[], Visitor]]:
    """Opens browsers of people who were never here."""
    opened: list[Visitor] = []

    def visit() -> Visitor:
        opened.append(Visitor(microsoft))
        return opened[-1]

    yield visit
    for one in opened:
        one.at_microsoft.close()


@pytest.fixture
def visitor(visitors: Callable[[], Visitor]) -> Visitor:
    return visitors()
