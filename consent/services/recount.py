"""The roll-up against a real count: what every page's numbers rest on."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from django.db import transaction

from consent.models import Application, GrantPattern
from consent.queries.moment import one_moment
from consent.services.patterns import Place, count_moves, recount


@dataclass(frozen=True)
class Difference:
    application: str
    pattern: str
    condition: str
    counted: int
    kept: int

    def json(self) -> dict[str, object]:
        return asdict(self)


def recount_all(*, repair: bool) -> list[Difference]:
    """Return where the roll-up is wrong; set it right when asked.

    Checks go on meanwhile: both counts are read as of one moment, and mending adds what was off then,
    so that what moves in between is kept.
    """
    found: list[Difference] = []
    mend: dict[int, Counter[Place]] = {}
    with one_moment():
        for application in Application.objects.order_by("client_id"):
            off = recount(application, repair=False)
            if off:
                mend[application.pk] = off
                found += _described(application, off)
    if repair:
        with transaction.atomic():
            for application_id in sorted(mend):
                count_moves(application_id, mend[application_id])
    return found


def _described(application: Application, off: Counter[Place]) -> list[Difference]:
    kept = {(row.pattern_id, row.condition): row.installations for row in application.pattern_counts.all()}
    digests = dict(GrantPattern.objects.filter(pk__in={key for key, _ in off}).values_list("pk", "digest"))
    rows = [
        Difference(
            application=str(application.client_id),
            pattern=digests[key],
            condition=condition,
            counted=kept.get((key, condition), 0) + change,
            kept=kept.get((key, condition), 0),
        )
        for (key, condition), change in off.items()
    ]
    return sorted(rows, key=lambda row: (row.pattern, row.condition))
