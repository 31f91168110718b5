"""The tenant list: its filters against the pure rules, its pages, and its spreadsheet."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.queries.patterns import load_cohorts, load_history
from consent.queries.tenant_filter import STATES
from consent.queries.tenant_list import tenant_page
from consent.queries.tenant_rows import INSTALLATION, Cursor, read_rows
from consent.rules.drift import compare
from consent.rules.meaning import cell_of
from consent.rules.status import SEVERITY, Status
from tests.consent.fleets import PERMISSIONS, make_fleet, make_random_installation, status_by_the_rule
from tests.consent.test_overview import text_of
from tests.factories import NOW, P1, T1, grants, make_installation, make_revision, make_tenant

SEEDS = range(3)


def page_of(application, query="", **options):
    return tenant_page(application, dict(QueryDict(query).lists()), now=NOW, **options)


def ids_of(page) -> list[str]:
    return [str(row.tenant_id) for row in page["rows"]]


def walk(application, query, *, way="next"):
    """Yield every page from the first one on, following the links."""
    page = page_of(application, query)
    yield page
    while page[way]:
        page = page_of(application, page[way].removeprefix("?"))
        yield page


def expected(application, keep, *, sort="work") -> list[str]:
    """The list by the pure rules, row by row, with the database's own order of names."""
    rows = [i for i in application.installations.order_by("sort_name", "id") if keep(i)]
    if sort == "work":
        rows.sort(key=lambda i: SEVERITY.index(status_by_the_rule(i)))
    return [str(i.tenant_id) for i in rows]


def open_list(client, application, query=""):
    return client.get(reverse("consent:tenant_list", args=[application.slug]) + query)


class TestFilters:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_by_status_leave_what_the_rule_says_in_order(self, db, seed):
        application = make_fleet(seed)
        choices: tuple[list[str], ...] = (
            [],
            ["revoked"],
            ["re-consent-needed", "unreachable"],
            [str(s) for s in Status],
        )
        for statuses, sort in product(choices, ("work", "name")):
            query = "&".join([*(f"status={s}" for s in statuses), f"sort={sort}", "size=100"])
            page = page_of(application, query)

            assert ids_of(page) == expected(
                application, lambda i, s=statuses: not s or status_by_the_rule(i) in s, sort=sort
            )
            assert page["total"] == len(page["rows"])

    @pytest.mark.parametrize("seed", SEEDS)
    def test_by_permission_leave_what_the_cells_say(self, db, seed):
        application = make_fleet(seed)
        required = load_history(application).required

        def cell(installation, permission):
            known = installation.pattern.grants
            return cell_of(
                permission,
                drift=compare(required=required, grants=known),
                granted=known.granted,
                required=required,
                status=status_by_the_rule(installation),
            )

        for permission, state in product(PERMISSIONS, STATES):
            page = page_of(
                application, f"perm={permission.value}:{permission.kind}&perm_state={state}&size=100"
            )
            if not page["problems"]:
                assert ids_of(page) == expected(application, lambda i, p=permission, s=state: cell(i, p) == s)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_by_revision_leave_who_grants_all_of_it(self, db, seed):
        application = make_fleet(seed)
        for revision in application.revisions.all():
            page = page_of(application, f"rev={revision.number}&size=100")

            assert ids_of(page) == expected(
                application, lambda i, r=revision.required: r <= i.pattern.grants.granted
            )

    @pytest.mark.parametrize("seed", SEEDS)
    def test_combine_with_text_and_stale_proof(self, db, seed):
        application = make_fleet(seed)
        wanted = {Status.UNVERIFIED, Status.UNREACHABLE, Status.REVOKED}
        page = page_of(application, "status=unverified&status=unreachable&status=revoked&q=BETA&stale=1")

        assert ids_of(page) == expected(
            application,
            lambda i: (
                status_by_the_rule(i) in wanted
                and i.sort_name.startswith("beta")
                and i.proved_at == NOW - timedelta(days=3)
            ),
        )
        assert page["total"] == len(page["rows"])

    @pytest.mark.parametrize(
        ("text", "finds"),
        [
            ("north", ["Northwind Traders"]),
            ("NORTHWIND TR", ["Northwind Traders"]),
            ("fabrikam.exa", ["Fabrikam Residences"]),
            (str(T1), ["Northwind Traders"]),
            ("traders", []),
            ("100%", ["100% Pure"]),
            ("1__", []),
            ("o'neil", ["O'Neil"]),
        ],
    )
    def test_by_text_take_beginnings_of_name_and_domain_and_whole_ids(self, application, text, finds):
        make_revision(application, P1)
        make_installation(application, make_tenant("Northwind Traders", id=T1))
        for name in ("Fabrikam Residences", "100% Pure", "O'Neil"):
            make_installation(application, make_tenant(name))
        query = QueryDict(mutable=True)
        query["q"] = text

        assert [row.name for row in page_of(application, query.urlencode())["rows"]] == finds

    def test_that_make_no_sense_are_named_and_left_out(self, as_owner, application):
        make_revision(application, P1)
        make_installation(application)
        response = open_list(
            as_owner, application, "?status=broken&rev=9&perm=Nope.All&perm_state=so&pattern=aaaaaaaaaaaaaaaa"
        )

        assert len(response.context["problems"]) == 5
        assert "There is no status “broken”" in text_of(response)
        assert len(response.context["rows"]) == 1

    def test_are_listed_each_with_a_link_that_removes_it(self, as_owner, application):
        make_revision(application, P1)
        make_installation(application, has=grants(P1))
        response = open_list(as_owner, application, "?status=in-step&status=revoked&q=north&stale=1&rev=1")
        urls = [chip["url"] for chip in response.context["chips"]]

        assert urls[0] == "?status=revoked&q=north&rev=1&stale=1"
        assert len(urls) == 5
        assert "No tenants match" in text_of(response)
        assert "Copy link to this view" in text_of(response)


class TestPages:
    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize(
        "query", ["", "sort=name", "status=unverified&status=revoked", "q=beta", "q=d&sort=name"]
    )
    def test_show_every_row_once_in_order_there_and_back(self, db, seed, query):
        application = make_fleet(seed, tenants=70)
        whole = page_of(application, f"{query}&size=100")
        there = list(walk(application, f"{query}&size=25"))
        start = there[-1]["previous"].removeprefix("?")
        back = list(walk(application, start, way="previous")) if start else []

        assert [i for page in there for i in ids_of(page)] == ids_of(whole)
        assert [ids_of(page) for page in reversed(back)] == [ids_of(page) for page in there[:-1]]
        assert not there[0]["previous"]

    def test_say_where_they_are(self, as_owner, application):
        make_revision(application, P1)
        for n in range(30):
            make_installation(application, make_tenant(f"Tenant {n:02}"))

        assert "25 of 30 tenants shown" in text_of(open_list(as_owner, application, "?size=25"))

    def test_from_a_damaged_link_start_at_the_top_and_say_so(self, as_owner, application):
        make_revision(application, P1)
        make_installation(application)
        token = Cursor(0, "a", 1).token()
        for after in (token[:-2], "x", token.replace(":", "")):
            response = open_list(as_owner, application, f"?after={after}")

            assert "damaged or too old" in text_of(response)
            assert len(response.context["rows"]) == 1

    @pytest.mark.parametrize("seed", SEEDS[:3])
    def test_merge_more_patterns_than_one_statement_may_join(self, db, seed):
        application = make_fleet(seed)
        cohorts = load_cohorts(application, load_history(application))
        many = cohorts + [replace(cohorts[0], pattern_id=10**6 + n, installations=0) for n in range(900)]
        some = read_rows(application.pk, cohorts, sort="work", cursor=None, limit=100)

        assert read_rows(application.pk, many, sort="work", cursor=None, limit=100) == some

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL scans small tables, rightly")
    @pytest.mark.parametrize(("sort", "work"), [("work", 1), ("name", 0)])
    def test_read_only_from_indexes_and_start_where_the_page_starts(self, db, sort, work):
        application = make_fleet(1)
        cohorts = load_cohorts(application, load_history(application))
        with CaptureQueriesContext(connection) as queries:
            read_rows(
                application.pk, cohorts, sort=sort, cursor=Cursor(work, "beta", 5), limit=26, complete=True
            )
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            plan = [row[3] for row in cursor.fetchall()]

        assert [step for step in plan if step.startswith(("SCAN i", f"SCAN {INSTALLATION}"))] == []
        assert any("sort_name>" in step or "(sort_name,id)>" in step for step in plan), plan

    def test_cost_the_same_for_few_and_many_rows(self, as_owner, db):
        application = make_fleet(3, tenants=5)
        with CaptureQueriesContext(connection) as few:
            open_list(as_owner, application)
        draw = random.Random(1)
        for number in range(100, 170):
            make_random_installation(application, draw, number)
        with CaptureQueriesContext(connection) as many:
            response = open_list(as_owner, application)

        assert len(response.context["rows"]) == 50
        assert len(many) == len(few) <= 10

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.dictionaries(
            st.sampled_from(
                ["status", "q", "perm", "perm_state", "rev", "stale", "size", "sort", "pattern", "after"]
            ),
            st.text(max_size=40),
        )
    )
    def test_answer_any_address(self, as_owner, application, params):
        if not application.revisions.exists():
            make_revision(application, P1)
            make_installation(application, has=grants(P1))
        query = QueryDict(mutable=True)
        query.update(params)

        assert open_list(as_owner, application, f"?{query.urlencode()}").status_code == 200
