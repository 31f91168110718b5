"""What support sends on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.rules.facts import Slug
from support.rules.reply import customer_reply, microsoft_bundle, wants_approval
from support.rules.verdict import judge
from tests.support.rules.cases import AT, FABRIKAM, NORTHWIND, app_token, facts, graph, sign_in, tenant
from tests.support.rules.stories import ANA, TWO
from tests.support.rules.test_verdict import STORIES

LINK = "https://portal.example/c/Zm9v"


def reply_to(failure, about=None):
    told = facts(failure, about)
    return customer_reply(judge(told), told, LINK)


def test_a_missing_permission_is_told_with_its_name_and_the_link():
    text = reply_to(graph(token=TWO), tenant())

    assert "because Northwind Traders hasn't approved SecurityIncident.Read.All yet" in text
    assert "Privileged Role Administrator or a Global Administrator of Northwind Traders" in text
    assert f"Approval page: {LINK}" in text
    assert "What you use today keeps working" in text


def test_an_unknown_tenant_is_your_organization():
    assert "because your organization hasn't approved" in reply_to(graph(token=TWO))
    assert NORTHWIND not in reply_to(graph(token=TWO), tenant(name=NORTHWIND))


def test_a_missing_role_is_told_without_a_link():
    text = reply_to(graph(token=ANA))

    assert "gives them the role Security Reader" in text
    assert "doesn't have to be approved again" in text
    assert LINK not in text


def test_another_apps_token_is_not_mended_by_approving_ours():
    text = reply_to(graph(client_id=NORTHWIND, token=app_token(appid=FABRIKAM)), tenant())

    assert "made with another app than ours" in text
    assert LINK not in text


def test_of_another_tenant_nothing_is_said():
    text = reply_to(graph(tenant_id=NORTHWIND, token=app_token(tid=FABRIKAM)), tenant())

    assert "asked at another organization than yours" in text
    assert FABRIKAM not in text


@pytest.mark.parametrize(("failure", "about"), [s[1:3] for s in STORIES], ids=[s[0] for s in STORIES])
def test_a_reply_to_a_customer_speaks_their_language(failure, about):
    marked = replace(failure, tenant_id=failure.tenant_id or NORTHWIND)
    text = reply_to(marked, about)

    assert "{" not in text
    for word in ("AADSTS", "tenant", "scope", "roles", "wids", "token", "HTTP", NORTHWIND, FABRIKAM):
        assert word not in text.replace("passwords, secrets or tokens", "")
    assert (LINK in text) == wants_approval(judge(facts(marked, about)))


def test_a_link_is_worth_sending_where_an_approval_mends_it():
    assert wants_approval(judge(facts(sign_in(7000229), None)))
    assert wants_approval(judge(facts(sign_in(700016), tenant(status="revoked"))))
    assert not wants_approval(judge(facts(sign_in(7000112), tenant())))
    assert not wants_approval(
        judge(facts(graph("/security/runHuntingQuery", method="POST", token=TWO), tenant()))
    )


def test_every_verdict_has_a_reply():
    assert {judge(facts(*story[1:3])).slug for story in STORIES} == set(Slug)


def test_the_bundle_for_microsoft_has_what_its_support_asks_for():
    text = microsoft_bundle(
        client_request_id="7d1c0a52",
        request_id="a1",
        occurred_at=AT,
        tenant_id=NORTHWIND,
        diagnostic='{"ServerInfo":{"DataCenter":"UK South"}}\r\nX: y',
        call="GET /security/incidents",
        status=403,
    )

    assert text.splitlines() == [
        "client-request-id: 7d1c0a52",
        "request-id: a1",
        "time: 2026-11-23T03:10:00Z",
        f"tenant: {NORTHWIND}",
        "request: GET /security/incidents",
        "status: 403",
        'x-ms-ags-diagnostic: {"ServerInfo":{"DataCenter":"UK South"}} X: y',
    ]
    nothing = microsoft_bundle(client_request_id="", request_id="", occurred_at=None, tenant_id="")
    assert "client-request-id: not reported" in nothing
