"""Every address and who it is for: the one list that the tests of access are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
GET = frozenset({"GET"})
READ = frozenset({"GET", "HEAD"})
POST = frozenset({"POST"})
FORM = READ | POST


class Who(Enum):
    ANYONE = "anyone, signed in or not"
    KEY = "applications, each with its ingest key; no session opens it"
    LINK = "whoever holds an approval link: the link is the key"
    SIGNED_IN = "anyone who is signed in, with or without a role"
    KNOWN = "staff and admins; who is neither is told who can let them in"
    STAFF = "every portal role"
    SUPPORT = "owners and support"
    OWNER = "owners"
    ADMIN = "admins of a customer's tenant, for that tenant"
    APPROVER = "those of them who may consent; the others are shown why they may not"


LISTS: tuple[tuple[Who, frozenset[str], str], ...] = (
    (Who.ANYONE, READ, "portal:healthz portal:readyz public:returned"),
    (Who.ANYONE, GET, "portal:sign_in portal:sign_in_return public:consent_return"),
    (Who.ANYONE, POST, "portal:sign_in_start portal:theme"),
    (Who.ANYONE, READ, "api:openapi"),
    (Who.KEY, POST, "api:failures"),
    (Who.LINK, READ, "public:invitation public:result public:receipt public:roles public:forward"),
    (Who.LINK, READ, "public:genuine public:try_result"),
    (Who.LINK, POST, "public:go public:decline public:check public:try_start"),
    (Who.KNOWN, READ, "portal:home"),
    (Who.SIGNED_IN, POST, "portal:sign_out"),
    (Who.SIGNED_IN, FORM, "portal:step_up"),
    (Who.STAFF, GET, "portal:search"),
    (Who.STAFF, READ, "consent:overview consent:pattern_detail consent:application_detail"),
    (Who.STAFF, READ, "consent:tenant_list consent:tenant_export consent:tenant_claims"),
    (Who.STAFF, READ, "consent:tenant_detail consent:snapshot_detail"),
    (Who.STAFF, READ, "consent:scan_list consent:scan_detail"),
    (Who.STAFF, READ, "consent:revision_list consent:revision_detail consent:revision_compare"),
    (Who.STAFF, READ, "consent:invitation_list consent:invitation_detail"),
    (Who.STAFF, READ, "consent:samples consent:checklist"),
    (Who.SUPPORT, POST, "consent:tenant_check consent:scan_start"),
    (Who.SUPPORT, POST, "consent:invitation_create consent:invitation_withdraw"),
    (Who.SUPPORT, FORM, "support:token support:lookup"),
    (Who.SUPPORT, READ, "support:failure_detail support:failure_json"),
    (Who.SUPPORT, READ, "support:failure_list support:tenant_failures"),
    (Who.SUPPORT, FORM, "support:failure_upload"),
    (Who.SUPPORT, READ, "support:failure_samples"),
    (Who.OWNER, FORM, "support:ingest_keys"),
    (Who.OWNER, POST, "support:ingest_key_revoke"),
    (Who.STAFF, READ, "support:verdict_help"),
    (Who.OWNER, FORM, "consent:application_register consent:tenant_add consent:revision_draft"),
    (Who.OWNER, READ, "tenants:audit_list tenants:audit_detail"),
    (Who.OWNER, GET, "tenants:audit_export tenants:audit_export_json"),
    (Who.ADMIN, READ, "organization:home organization:application"),
    (Who.ADMIN, READ, "organization:receipt organization:receipt_json organization:roles"),
    (Who.ADMIN, READ, "organization:graph_explorer organization:try_it organization:samples"),
    (Who.ADMIN, READ, "own_failures:failures own_failures:failure"),
    (Who.ADMIN, POST, "organization:roles_check organization:explorer_check organization:try_start"),
    (Who.APPROVER, POST, "organization:approve"),
)
# Ids that an address takes in its query, and what each of them names.
QUERIES = {
    "consent:tenant_claims": {"a": "tenant_id", "b": "tenant_id"},
    "organization:try_it": {"result": "try_id"},
    "support:lookup": {"tenant": "tenant_id"},
    "support:failure_list": {"tenant": "tenant_id"},
}


@dataclass(frozen=True)
class Rule:
    """Who may ask for an address, and by which methods."""

    who: Who
    methods: frozenset[str]


@dataclass(frozen=True)
class View:
    """An address as the resolver has it: its whole route, and the name and kind of each id in it."""

    route: str
    converters: Mapping[str, str]
    callback: Any

    def path(self, values: Mapping[str, object]) -> str:
        """Return the address with these ids, whether or not they are ones that could be."""
        return "/" + re.sub(r"<\w+:(\w+)>", lambda found: quote(str(values[found[1]]), safe=""), self.route)


def named_views(
    resolver: URLResolver | None = None, prefix: str = "", route: str = ""
) -> Iterator[tuple[str, View]]:
    """Yield name and address of every view of ours, through all includes."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            inner = f"{prefix}{item.namespace}:" if item.namespace else prefix
            yield from named_views(item, inner, route + str(item.pattern))
        else:
            yield f"{prefix}{item.name}", _view(item, route)


def _view(pattern: URLPattern, route: str) -> View:
    whole = route + str(pattern.pattern)
    kinds = {name: kind for kind, name in re.findall(r"<(\w+):(\w+)>", whole)}
    return View(whole, kinds, pattern.callback)


def _rules() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for who, methods, names in LISTS:
        for name in names.split():
            assert name not in rules, f"{name} is listed twice in LISTS of tests/manifest.py"
            rules[name] = Rule(who, methods)
    return rules


VIEWS = dict(named_views())
RULES = _rules()


def names(*who: Who, method: str = "") -> list[str]:
    """Return the addresses for these people, or those of them that take a method."""
    listed = (name for name in VIEWS if name in RULES)
    return sorted(
        name
        for name in listed
        if (not who or RULES[name].who in who) and (not method or method in RULES[name].methods)
    )
