"""What a report is judged to be as it comes in: causes that are alike are judged once, and no others."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.models import FailedRequest
from support.rules.facts import Facts, TenantFacts
from support.rules.normal import normalize
from support.rules.report import checked
from support.rules.verdict import slug_of
from support.services.ingest import take
from tests.factories import CONNECTOR, NOW, P1, T1, T2, grants, make_installation, make_revision, make_tenant
from tests.support.reporting import ALERTS, reported, reports

EPOCH = int(NOW.timestamp())


def verdicts(application, *changes):
    """Return what each of a batch's reports was judged to be."""
    rows = [row for change in changes for row in reports(**change)]
    take(application, rows, source=FailedRequest.Source.API, key=None, now=NOW)
    by_id = dict(FailedRequest.objects.values_list("request_id", "verdict"))
    return [by_id[str(row.request_id)] for row in rows]


def test_each_of_a_batch_is_judged_by_its_own_tenant_and_time(application):
    """Causes that are alike are judged once, whatever batch they are in: these are not quite."""
    make_revision(application, P1)
    holder, nobody = make_tenant(), make_tenant()
    make_installation(application, holder, has=grants(P1), condition_since=NOW - timedelta(hours=2))
    make_installation(application, nobody, has=grants())
    absent = {"error": {"error": "unauthorized_client", "error_description": "AADSTS700016: not found"}}
    told = {"token": None, "status": 400, "url": None, **absent}

    def at(minutes, tenant=holder):
        moment = (NOW + timedelta(minutes=minutes)).isoformat()
        return {"tenant_id": str(tenant.pk), "occurred_at": moment, **told}

    # What was proved after the call may have been granted after it.
    expected = ["not-enough-evidence", "app-disabled-or-removed", "never-consented"]
    assert verdicts(application, at(-10), at(10), at(10, nobody)) == expected


def test_a_token_of_another_tenant_is_told_apart_in_a_batch(application):
    theirs = {**reported()["token"], "tid": str(T2)}

    assert verdicts(application, {}, {"token": theirs}, {}) == [
        "permission-missing",
        "wrong-tenant",
        "permission-missing",
    ]


@given(data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_causes_that_are_alike_are_judged_alike(data):
    """A batch judges each cause once: it must not matter which of its failures was the first."""
    first, second = (
        normalize(
            checked(
                {
                    "occurred_at": NOW + timedelta(seconds=data.draw(st.integers(0, 7200))),
                    "status": data.draw(st.sampled_from([401, 403])),
                    "request_id": "r",
                    "method": "GET",
                    "url": ALERTS,
                    "tenant_id": str(T1),
                    "token": {
                        "kind": "application",
                        "roles": data.draw(st.sampled_from([[], ["SecurityEvents.Read.All"]])),
                        "iat": data.draw(st.sampled_from([None, EPOCH])),
                        "exp": data.draw(st.none() | st.integers(EPOCH, EPOCH + 7200)),
                    },
                }
            ),
            client_id=str(CONNECTOR),
        )
        for _ in range(2)
    )
    tenant = TenantFacts(granted_then=frozenset({P1}), knows_then=frozenset({"application"}))
    if first.likeness() == second.likeness():
        assert slug_of(Facts(first.facts, tenant)) == slug_of(Facts(second.facts, tenant))
