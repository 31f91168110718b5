"""What is older than the setting says is forgotten."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from support.models import FailedRequest, FailureCount
from support.services import retention
from support.tasks import sweep
from tests.support.failing import count_failures, make_failure


def test_failures_and_their_counts_end_after_the_days_of_the_setting(application, settings):
    settings.FAILURE_RETENTION_DAYS = 10
    now = timezone.now()
    for days in (1, 9, 11, 12, 400):
        count_failures(make_failure(application, occurred_at=now - timedelta(days=days)), 1)

    assert sweep() == 3

    kept = FailedRequest.objects.values_list("occurred_at", flat=True)
    assert sorted((now - at).days for at in kept) == [1, 9]
    assert FailureCount.objects.count() == 2
    assert sweep() == 0


def test_many_are_forgotten_in_chunks_oldest_first(application):
    now = timezone.now()
    for days in range(60, 65):
        make_failure(application, occurred_at=now - timedelta(days=days))

    assert retention.forget_old(now=now, chunk=2, chunks=2) == 4
    assert (now - FailedRequest.objects.get().occurred_at).days == 60
    assert retention.forget_old(now=now, chunk=2, chunks=2) == 1
