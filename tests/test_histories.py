"""Random histories: whatever happens at Microsoft and between, the portal never says more than it proved.

The directory of the sandbox is the truth. After each step the portal's own export is held against it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from consent.models import Application, Installation, Revision
from consent.queries.export import installation_json
from consent.rules.status import Status
from consent.services import consent_flow, invitations
from consent.services.checks import run_due
from consent.services.patterns import recount
from consent.services.revisions import publish
from consent.services.upkeep import sweep
from entra.types import GRAPH, Permission
from sandbox.directory import Directory
from sandbox.documents import required
from sandbox.faults import Fault
from sandbox.server import Running
from tenants.models import Tenant
from tests import factories
from tests.factories import P1, P2, P3, T1, T2
from tests.stage import start_over

CONNECTOR = str(factories.CONNECTOR)
TENANTS = (T1, T2)
PERMISSIONS = (P1, P2, P3)

tenants = st.sampled_from(TENANTS)
some = st.lists(st.sampled_from(PERMISSIONS), min_size=1, unique=True)


class Histories(RuleBasedStateMachine):
    """Two tenants, three permissions, one application; time passes only where a rule says so."""

    sandbox: Running
    now: datetime

    @initialize(first=some)
    def begin(self, first: list[Permission]) -> None:
        Application.objects.all().delete()
        Installation.objects.all().delete()
        Tenant.objects.all().delete()
        self.directory: Directory = self.sandbox.directory
        start_over(self.sandbox)
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self._set_clock()
        self.application = factories.make_application()
        factories.make_revision(self.application, *first)
        for tenant_id in TENANTS:
            factories.make_installation(
                self.application,
                factories.make_tenant(f"Tenant {tenant_id}", id=tenant_id),
                next_check_at=self.now,
            )
        self.down = False
        self.seen: dict[Any, frozenset[Permission] | None] = dict.fromkeys(TENANTS)  # None: never read
        self.disabled = dict.fromkeys(TENANTS, False)  # as it was when Microsoft was last asked
        self.states: list[str] = []

    # What happens at Microsoft

    @rule(tenant=tenants, granted=some)
    def an_admin_grants(self, tenant, granted) -> None:
        self.directory.grant(self._tenant(tenant), CONNECTOR, required=self._asked(granted))

    @rule(tenant=tenants, withdrawn=some)
    def an_admin_revokes(self, tenant, withdrawn) -> None:
        if principal := self._principal(tenant):
            self.directory.revoke(principal, self._asked(withdrawn))

    @rule(tenant=tenants, enabled=st.booleans())
    def an_admin_switches_sign_in(self, tenant, enabled) -> None:
        if principal := self._principal(tenant):
            principal.enabled = enabled

    @rule(tenant=tenants)
    def an_admin_removes_the_app(self, tenant) -> None:
        if principal := self._principal(tenant):
            self.directory.delete_principal(principal)

    @rule(seconds=st.sampled_from([0, 45, 600]))
    def changes_spread_slowly(self, seconds) -> None:
        self.directory.settings.grant_delay = self.directory.settings.revoke_delay = seconds

    @rule(kind=st.sampled_from(["error503", "throttle", "garbage", "truncated", "hello", "aadsts"]))
    def microsoft_breaks(self, kind) -> None:
        self.directory.faults.clear()
        self.directory.faults.add(Fault(kind, options={"code": 50196} if kind == "aadsts" else {}))
        self.down = True

    @rule()
    def microsoft_recovers(self) -> None:
        self.directory.faults.clear()
        self.down = False

    # What happens here

    @rule(required_now=some)
    def the_owner_publishes(self, required_now) -> None:
        before = list(Installation.objects.order_by("pk").values())
        try:
            publish(
                application=self.application,
                required=[(p, "We need it") for p in required_now],
                note="",
                person=None,
                now=self.now,
                based_on=None,
            )
        except ValidationError as error:
            assert "same" in error.messages[0], error.messages  # noqa: PT017
        assert list(Installation.objects.order_by("pk").values()) == before

    @rule(tenant=tenants, granted=some, comes_back=st.booleans())
    def an_admin_follows_the_link(self, tenant, granted, comes_back) -> None:
        state = self._leave(tenant)
        self.directory.grant(self._tenant(tenant), CONNECTOR, required=self._asked(granted))
        if comes_back:
            self._come_back(state, tenant)

    @rule(tenant=tenants)
    def somebody_forges_a_return(self, tenant) -> None:
        self._come_back(self._leave(tenant), tenant)

    @rule(tenant=tenants)
    def a_return_is_replayed_or_made_up(self, tenant) -> None:
        for state in [*self.states[-2:], "nobody-made-this-state"]:
            self._come_back(state, tenant)

    @rule(minutes=st.sampled_from([1, 30, 400, 60 * 80]))
    def time_passes(self, minutes) -> None:
        self.now += timedelta(minutes=minutes)
        self._set_clock()

    @rule()
    def the_worker_checks_what_is_due(self) -> None:
        self._work()

    @rule()
    def everything_is_scanned(self) -> None:
        Installation.objects.update(next_check_at=self.now)
        self._work()

    # What must hold

    @invariant()
    def the_portal_says_what_it_saw_and_nothing_else(self) -> None:
        if not hasattr(self, "seen"):
            return
        for installation in self._installations():
            said = installation_json(installation)
            granted, missing, unknown = (
                {(p["kind"], p["id"]) for p in said[name]} for name in ("granted", "missing", "unknown")
            )
            wanted = {(p.kind, p.id) for p in self._revision().required}
            seen = self.seen[installation.tenant_id]
            if seen is None:
                assert (granted, missing, unknown) == (set(), set(), wanted)
                assert said["status"] in {"unverified", "unreachable"}
                continue
            saw = {(p.kind, p.id) for p in seen}
            assert granted == saw
            assert missing == wanted - saw
            assert not unknown
            if said["status"] == Status.IN_STEP:
                assert saw == wanted
            assert said["proved_at"] is not None

    @invariant()
    def every_count_is_right(self) -> None:
        if hasattr(self, "seen"):
            assert not recount(self.application, repair=False)

    @invariant()
    def snapshots_are_a_gapless_history_of_changes(self) -> None:
        if not hasattr(self, "seen"):
            return
        for installation in self._installations():
            rows = list(installation.snapshots.order_by("sequence").select_related("pattern"))
            assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
            sets = [row.granted for row in rows]
            assert all(a != b for a, b in zip([frozenset(), *sets], sets, strict=False))
            seen = self.seen[installation.tenant_id]
            assert seen is None or (sets[-1] if sets else frozenset()) == seen

    @invariant()
    def after_a_good_read_the_status_is_the_truth(self) -> None:
        if not hasattr(self, "seen") or self.down:
            return
        for installation in self._installations():
            if installation.checked_at != self.now or installation.claimed_at:
                continue
            if self.disabled[installation.tenant_id]:
                assert installation_json(installation)["status"] in {
                    "revoked",
                    "never-consented",
                    "unverified",
                    "unreachable",
                }
                continue
            visible, wanted = self._visible(installation.tenant_id), self._revision().required
            status = installation_json(installation)["status"]
            if self.seen[installation.tenant_id] == visible:
                assert (status == Status.IN_STEP) == (visible == wanted)
                assert (status == Status.OVER_GRANTED) == (visible > wanted)

    # How

    def _work(self) -> None:
        due = set(
            Installation.objects.filter(next_check_at__lte=self.now).values_list("tenant_id", flat=True)
        )
        while run_due(now=self.now):
            pass
        sweep(now=self.now)
        for tenant in due if not self.down else ():
            principal = self._principal(tenant)
            there = principal is not None and self._is_there(principal)
            self.disabled[tenant] = there and not principal.enabled
            if not self.disabled[tenant]:
                self.seen[tenant] = self._visible(tenant)

    def _visible(self, tenant) -> frozenset[Permission]:
        principal = self._principal(tenant)
        if principal is None or not self._is_there(principal):
            return frozenset()
        held = principal.roles(GRAPH, self.directory.now())
        return frozenset(Permission(GRAPH, "application", p.id, p.value) for p in held)

    def _is_there(self, principal) -> bool:
        return bool(principal.visible_at <= self.directory.now())

    def _leave(self, tenant) -> str:
        installation = Installation.objects.get(tenant_id=tenant)
        invitation = invitations.invite(installation=installation, person=None, now=self.now)
        url = consent_flow.start(invitation=invitation, session_key="browser", now=self.now)
        state = url.partition("state=")[2].partition("&")[0]
        self.states.append(state)
        return state

    def _come_back(self, state: str, tenant) -> None:
        with transaction.atomic():
            consent_flow.complete_return(
                params={"admin_consent": ["True"], "tenant": [str(tenant)], "state": [state]},
                session_key="browser",
                now=self.now,
            )

    def _installations(self) -> list[Installation]:
        return list(Installation.objects.select_related("application", "tenant", "pattern"))

    def _revision(self) -> Revision:
        revision = self.application.current_revision
        assert revision is not None
        return revision

    def _tenant(self, tenant):
        return self.directory.tenant(str(tenant))

    def _principal(self, tenant):
        return self._tenant(tenant).principals.get(CONNECTOR)

    def _asked(self, permissions):
        return required(self.directory, [f"{p.value}:{p.kind}" for p in permissions])

    def _set_clock(self) -> None:
        self.directory.settings.clock_offset = self.now.timestamp() - time.time()


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.django_db
def test_random_histories(microsoft):
    assert django_settings.ENTRA_SANDBOX_URL
    Histories.sandbox = microsoft
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=25 if connection.vendor == "sqlite" else 12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
