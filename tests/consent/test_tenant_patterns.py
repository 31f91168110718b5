"""Grant patterns as pages, and the list as a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from django.http import QueryDict
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from consent.models import Installation
from consent.queries.tenant_list import export_rows
from consent.rules.status import Condition
from tenants.rules.spreadsheet import inert
from tests.consent.fleets import make_fleet
from tests.consent.test_overview import text_of
from tests.consent.test_tenant_list import ids_of, page_of
from tests.factories import NOW, P1, P2, P3, grants, make_installation, make_revision, make_tenant

SEEDS = range(3)


class TestPattern:
    def test_opens_its_tenants_and_says_what_it_holds(self, as_owner, application):
        make_revision(application, P1, P2)
        make_installation(application, make_tenant("Old"), has=grants(P1, P3))
        make_installation(application, make_tenant("New"), has=grants(P1, P2))
        rows = as_owner.get(reverse("consent:overview", args=[application.slug])).context["matrix"]["rows"]
        response = as_owner.get(next(row["url"] for row in rows if row["status"] == "re-consent-needed"))
        states = {cell["permission"]: cell["state"] for cell in response.context["cells"]}

        assert [row.name for row in response.context["rows"]] == ["Old"]
        assert states == {P1: "granted", P2: "missing", P3: "extra"}
        assert "Missing 1 of 2 required permissions" in text_of(response)

    def test_is_one_for_tenants_that_differ_only_in_what_they_once_withdrew(self, as_owner, application):
        make_revision(application, P1)
        make_installation(application, make_tenant("Tidy"), has=grants(P1, withdrawn=[P3]))
        make_installation(application, make_tenant("Plain"), has=grants(P1))
        (row,) = as_owner.get(reverse("consent:overview", args=[application.slug])).context["matrix"]["rows"]

        assert row["label"] == "2"
        assert [r.name for r in as_owner.get(row["url"]).context["rows"]] == ["Plain", "Tidy"]

    def test_of_another_application_is_not_found(self, as_owner, application):
        make_revision(application, P1)
        stray = make_installation(application, has=grants(P1)).pattern
        Installation.objects.all().delete()
        application.pattern_counts.all().delete()

        assert (
            as_owner.get(reverse("consent:pattern_detail", args=[application.slug, stray.digest])).status_code
            == 404
        )


class TestSpreadsheet:
    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("query", ["", "status=revoked&status=unverified", "q=beta", "stale=1&sort=name"])
    def test_has_exactly_the_rows_of_the_list(self, db, seed, query, monkeypatch):
        monkeypatch.setattr("consent.queries.tenant_list.EXPORT_BATCH", 7)
        application = make_fleet(seed)
        _, rows = export_rows(application, dict(QueryDict(query).lists()), now=NOW)

        assert [str(row.tenant_id) for row in rows] == ids_of(page_of(application, f"{query}&size=100"))

    def test_opens_in_a_spreadsheet_with_utc_times(self, as_owner, application):
        make_revision(application, P1, P2)
        make_installation(application, make_tenant("Émile & Söhne"), has=grants(P1))
        response = as_owner.get(
            reverse("consent:tenant_export", args=[application.slug]) + "?status=re-consent-needed"
        )
        content = b"".join(response.streaming_content)
        row = next(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

        assert content.startswith(b"\xef\xbb\xbf")
        assert 'filename="tenants_re-consent-needed_' in response.headers["Content-Disposition"]
        assert row["name"] == "Émile & Söhne"
        assert row["missing"] == f"{P2.value}:application"
        assert row["proved_at"] == "2026-11-23T09:00:00Z"
        assert row["status"] == "re-consent-needed"

    @given(st.text(alphabet=st.sampled_from("=+-@\t\r\n＝＋－＠'a\",; "), max_size=8) | st.text(max_size=20))
    def test_never_lets_a_name_begin_a_formula_nor_loses_it(self, name):
        cell = inert(name)

        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert cell in {name, f"'{name}"}

    def test_keeps_a_hostile_name_in_its_own_cell(self, as_owner, application):
        make_revision(application, P1)
        hostile = '=HYPERLINK("http://evil.example","x")'
        make_installation(application, make_tenant(hostile), has=grants(P1), condition=Condition.PROVED)
        response = as_owner.get(reverse("consent:tenant_export", args=[application.slug]))
        parsed = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))

        assert parsed[1][1] == f"'{hostile}"
