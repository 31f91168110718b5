from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from entra.errors import Throttled
from tests.entra.peers import reply
from tests.entra.test_http import Facing, failure_of


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("header", "seconds"),
        [
            ("0", 0.0),
            ("7", 7.0),
            ("7200", 3600.0),
            ("999999999", 3600.0),
            ("9" * 400, None),
            ("-5", None),
            ("soon", None),
            ("1.5", None),
            ("", None),
            ("Thu, 32 Foo 2026", None),
        ],
    )
    def test_seconds(self, facing: Facing, header, seconds):
        failure = failure_of(facing(reply({}, 429, {"Retry-After": header})))
        assert isinstance(failure, Throttled)
        assert failure.retry_after == seconds

    @pytest.mark.parametrize(("ahead", "seconds"), [(90, 90.0), (-90, 0.0), (999_999, 3600.0)])
    def test_dates(self, facing: Facing, ahead, seconds):
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        header = format_datetime(now + timedelta(seconds=ahead), usegmt=True)
        failure = failure_of(facing(reply({}, 503, {"Retry-After": header}), clock=lambda: now))
        assert failure.retry_after == seconds

    def test_a_date_without_a_zone_is_utc(self, facing: Facing):
        now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        answer = reply({}, 429, {"Retry-After": "Sun, 01 Mar 2026 12:00:30"})
        assert failure_of(facing(answer, clock=lambda: now)).retry_after == 30.0
