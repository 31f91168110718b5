"""Every page of the portal by name, with something on it: addresses in a fleet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse

from consent.models import ConsentAttempt, Installation, Invitation
from consent.queries.patterns import load_cohorts, load_history
from consent.rules.status import Condition
from consent.services.invitations import link
from tests.browser.desk_gallery import desk_pages
from tests.browser.fleet import ERROR, Fleet, hunting
from tests.factories import D1, EVERYTHING, P2, P3, T1, T2, grants


class Gallery:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.staff: dict[str, str] = {}
        self.public: dict[str, str] = {}
        self.results: dict[str, str] = {}
        self._staff_pages()
        self.staff |= desk_pages(fleet)
        self._empty_pages()
        self._public_pages()
        self._results()

    def _staff_pages(self) -> None:
        slug = self.fleet.application.slug
        of = {"slug": slug}
        cohorts = load_cohorts(self.fleet.application, load_history(self.fleet.application))
        pattern = self.fleet.kinds[1][0].pattern_id
        digest = next(cohort.slug for cohort in cohorts if cohort.pattern_id == pattern)
        invitation = self.fleet.invitation(self.fleet.story, opened_at=self.fleet.now)
        ended = self.fleet.invitation(self.fleet.kinds[3][0], withdrawn_at=self.fleet.now)
        self.staff |= {
            "home": "/",
            "overview": reverse("consent:overview", kwargs=of),
            "overview-all": reverse("consent:overview", kwargs=of) + "?patterns=all&days=30",
            "tenants": reverse("consent:tenant_list", kwargs=of),
            "tenants-filtered": reverse("consent:tenant_list", kwargs=of) + "?status=re-consent-needed&q=a",
            "tenants-nothing-found": reverse("consent:tenant_list", kwargs=of) + "?q=nobody-has-this-name",
            "tenant-add": reverse("consent:tenant_add", kwargs=of),
            "claims": reverse("consent:tenant_claims", kwargs=of) + f"?a={T1}&b={T2}",
            "claims-refused": reverse("consent:tenant_claims", kwargs=of)
            + f"?a={T1}&b={self.fleet.kinds[5][0].tenant_id}",
            "claims-unchosen": reverse("consent:tenant_claims", kwargs=of),
            "tenant": self.of_tenant("tenant_detail", self.fleet.story),
            "tenant-in-step": self.of_tenant("tenant_detail", self.fleet.kinds[0][0]),
            "tenant-never": self.of_tenant("tenant_detail", self.fleet.kinds[5][0]),
            "tenant-revoked": self.of_tenant("tenant_detail", self.fleet.kinds[6][0]),
            "tenant-over-granted": self.of_tenant("tenant_detail", self.fleet.kinds[7][0]),
            "tenant-unverified": self.of_tenant("tenant_detail", self.fleet.kinds[11][0]),
            "tenant-unreachable": self.of_tenant("tenant_detail", self.fleet.kinds[13][0]),
            "snapshot": self.of_tenant("snapshot_detail", self.fleet.story, sequence=4),
            "snapshot-compared": self.of_tenant("snapshot_detail", self.fleet.story, sequence=4)
            + "?against=1",
            "pattern": reverse("consent:pattern_detail", kwargs={**of, "digest": digest}),
            "revisions": reverse("consent:revision_list", kwargs=of),
            "revision": reverse("consent:revision_detail", kwargs={**of, "number": 4}),
            "revision-compared": reverse("consent:revision_compare", kwargs={**of, "before": 1, "after": 4}),
            "draft": reverse("consent:revision_draft", kwargs=of),
            "invitations": reverse("consent:invitation_list", kwargs=of),
            "invitation-made": self.of_invitation(invitation),
            "invitation-withdrawn": self.of_invitation(ended),
            "scans": reverse("consent:scan_list", kwargs=of),
            "scan-done": reverse("consent:scan_detail", kwargs={**of, "scan_id": self.fleet.scans[0].pk}),
            "scan-running": reverse("consent:scan_detail", kwargs={**of, "scan_id": self.fleet.scans[1].pk}),
            "registration": reverse("consent:application_detail", kwargs=of),
            "register": reverse("consent:application_register"),
        }

    def _empty_pages(self) -> None:
        of = {"slug": self.fleet.empty.slug}
        lists = ("tenant_list", "revision_list", "invitation_list", "scan_list")
        for name in ("overview", "revision_draft", *lists):
            self.staff[f"empty-{name.replace('_', '-')}"] = reverse(f"consent:{name}", kwargs=of)

    def of_tenant(self, name: str, installation: Installation, **values: Any) -> str:
        values |= {"slug": self.fleet.application.slug, "tenant_id": installation.tenant_id}
        return reverse(f"consent:{name}", kwargs=values)

    def of_invitation(self, invitation: Invitation) -> str:
        values = {"slug": self.fleet.application.slug, "invitation_id": invitation.pk}
        return reverse("consent:invitation_detail", kwargs=values)

    def _public_pages(self) -> None:
        complete, first, more, revoked, over = (self.fleet.kinds[i][1] for i in (0, 5, 3, 6, 7))
        for name, installation in (("first", first), ("more", more), ("again", revoked), ("fewer", over)):
            self.public[f"asked-{name}"] = link(self.fleet.invitation(installation))
        self.public["asked-unseen"] = link(self.fleet.invitation(self.fleet.kinds[8][1]))
        self.public["asked-nothing"] = link(self.fleet.invitation(complete))
        for state in ("expires_at", "withdrawn_at", "used_at", "declined_at"):
            self.public[f"closed-{state}"] = link(
                self.fleet.invitation(more, **{state: self.fleet.ago(hours=1)})
            )
        address = link(self.fleet.invitation(more))
        for name in ("roles", "forward", "genuine"):
            self.public[name] = f"{address}/{name}"
        self.public |= {"returned": reverse("public:returned"), "sign-in": "/sign-in"}

    def _results(self) -> None:
        far = {"failures": 2, "last_error": {**ERROR, "at": self.fleet.now.isoformat()}}
        complete = grants(P2, P3, D1, hunting(), knows=EVERYTHING)
        nothing = grants(knows=EVERYTHING)
        claimed = Condition.CLAIMED
        read_now = {"checked_at": self.fleet.now, "proved_at": self.fleet.now}
        for name, has, values, trip in (
            (
                "checking",
                nothing,
                {"checked_at": self.fleet.ago(hours=5), "proved_at": self.fleet.ago(hours=5)},
                {"outcome": "checking"},
            ),
            (
                "not-visible-yet",
                nothing,
                {},
                {"outcome": "checking", "returned_at": self.fleet.ago(minutes=4)},
            ),
            ("unreachable", nothing, far, {"outcome": "checking"}),
            ("approved", complete, {}, {"outcome": "approved"}),
            ("approved-as-far-as-seen", grants(P2, P3, hunting()), {}, {"outcome": "approved"}),
            ("partly", grants(P2, P3, knows=EVERYTHING), {}, {"outcome": "partly"}),
            ("not-confirmed", nothing, {}, {"outcome": "not-confirmed"}),
            ("declined", nothing, {}, {"outcome": "declined"}),
            ("other-organization", nothing, {}, {"outcome": "other-tenant", "other_tenant": T2}),
            ("wrong-account", nothing, {}, {"outcome": "refused", "code": 50020, "error": "access_denied"}),
            ("not-allowed", nothing, {}, {"outcome": "refused", "code": 90094, "error": "access_denied"}),
            ("risky", nothing, {}, {"outcome": "refused", "code": 900941, "error": "access_denied"}),
            ("try-again", nothing, {}, {"outcome": "refused", "code": 650051, "error": "access_denied"}),
            (
                "service-missing",
                nothing,
                {},
                {"outcome": "refused", "code": 650052, "error": "access_denied"},
            ),
            ("failed", nothing, {}, {"outcome": "refused", "error": "server_error", "description": "Sorry."}),
            ("nothing-came-back", nothing, {}, {"outcome": "started", "returned_at": None}),
        ):
            condition = claimed if trip["outcome"] == "checking" else Condition.PROVED
            self._trip(name, self.fleet.tenant(has, condition, **{**read_now, **values}), trip)
        disabled = self.fleet.tenant(nothing, Condition.DISABLED)
        self._trip("switched-off", disabled, {"outcome": "checking"})
        gone = self.fleet.tenant(grants(knows=EVERYTHING, withdrawn=[P2, P3]), Condition.PROVED)
        self._trip("withdrawn-since", gone, {"outcome": "approved", "before": [P2.json(), P3.json()]})
        self.results["receipt"] = self.results["result-approved"].replace("/result", "/receipt")

    def _trip(self, name: str, installation: Installation, values: dict[str, Any]) -> None:
        invitation = self.fleet.invitation(installation)
        settled = None if values["outcome"] in {"checking", "started"} else self.fleet.now
        ConsentAttempt.objects.create(
            invitation=invitation,
            state_hash=f"state of {name}",
            session_hash="",
            revision=self.fleet.application.current_revision,
            started_at=self.fleet.ago(minutes=6),
            expires_at=self.fleet.now + timedelta(minutes=54),
            **{"returned_at": self.fleet.now, "settled_at": settled, **values},
        )
        self.results[f"result-{name}"] = f"{link(invitation)}/result"
