from datetime import UTC

from depot import clock


def test_times_keep_their_zone():
    assert clock.parse("2026-05-04T08:00:00+00:00").tzinfo == UTC
