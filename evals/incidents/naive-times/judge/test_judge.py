from datetime import UTC

from depot import clock


def test_judge():
    assert clock.parse('2026-05-04T08:00:00').tzinfo == UTC
    assert clock.parse('2026-05-04T08:00:00+00:00').hour == 8
