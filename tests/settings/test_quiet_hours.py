"""Quiet hours by the clock on the wall, whatever daylight saving does to it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from suture.domain.alert import Severity
from suture.ports.chat import Urgency
from suture.quiet_hours import WEEK, QuietHours, Weekday, told_as
from suture.settings import Settings, load_settings

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = WEEK[:5]


def hours(begins: str, ends: str, zone: str = "Europe/Berlin", **more: object) -> QuietHours:
    return QuietHours.model_validate({"time_zone": zone, "begins": begins, "ends": ends, **more})


def berlin(day: int, clock: str, month: int = 11) -> datetime:
    """Return a moment of 2026; the 21st of November is a Saturday."""
    return datetime.combine(date(2026, month, day), time.fromisoformat(clock), BERLIN)


NIGHT = hours("22:00", "07:00")


@pytest.mark.parametrize(
    ("clock", "sound"),
    [("21:59:59", "on"), ("22:00", "off"), ("00:00", "off"), ("06:59:59", "off"), ("07:00", "on")],
)
def test_a_night_begins_and_ends_to_the_second(clock: str, sound: str) -> None:
    assert NIGHT.covers(berlin(20, clock)) is (sound == "off")


def test_hours_within_a_day_are_on_that_day() -> None:
    noon = hours("12:00", "14:00", weekdays=["sat"])
    assert noon.covers(berlin(21, "13:00"))
    assert not noon.covers(berlin(20, "13:00"))
    assert not noon.covers(berlin(21, "14:00"))


def test_past_midnight_it_is_the_night_of_the_day_before() -> None:
    workdays = hours("22:00", "07:00", weekdays=WORKDAYS)
    assert workdays.covers(berlin(21, "06:00")), "Friday's night ends on Saturday"
    assert not workdays.covers(berlin(21, "23:00"))
    assert not workdays.covers(berlin(23, "06:00")), "Sunday's night is none"
    assert workdays.covers(berlin(23, "23:00"))


def test_equal_times_are_a_whole_day() -> None:
    weekend = hours("00:00", "00:00", weekdays=[Weekday.SAT, Weekday.SUN])
    assert weekend.covers(berlin(21, "00:00"))
    assert weekend.covers(berlin(22, "23:59"))
    assert not weekend.covers(berlin(23, "00:00"))
    assert hours("09:00", "09:00", weekdays=["sat"]).covers(berlin(22, "08:59"))


@pytest.mark.parametrize(("month", "day", "length"), [(3, 28, 8), (10, 24, 10), (11, 20, 9)])
def test_a_night_is_shorter_or_longer_when_the_clocks_change(
    month: int, day: int, length: int
) -> None:
    start = berlin(day, "12:00", month).astimezone(UTC)
    minutes = [start + timedelta(minutes=one) for one in range(24 * 60)]
    quiet = [moment for moment in minutes if NIGHT.covers(moment)]
    assert len(quiet) == length * 60
    assert quiet[-1] - quiet[0] == timedelta(minutes=len(quiet) - 1), "it is one piece"
    assert quiet[0].astimezone(BERLIN).time() == time(22)
    assert (quiet[-1] + timedelta(minutes=1)).astimezone(BERLIN).time() == time(7)


def test_hours_that_end_in_the_hour_that_is_left_out_end_when_it_would_begin() -> None:
    short = hours("22:00", "02:30")
    left_out = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert short.covers(left_out - timedelta(seconds=1))
    assert left_out.astimezone(BERLIN).time() == time(3)
    assert not short.covers(left_out)


def test_in_the_hour_that_comes_twice_the_clock_on_the_wall_decides_twice() -> None:
    short = hours("22:00", "02:30")
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)
    said = [short.covers(first + timedelta(minutes=15 + 30 * one)) for one in range(4)]
    assert said == [True, False, True, False]


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_as_quiet_whoever_names_it(moment: datetime) -> None:
    assume(date(2, 1, 1) < moment.date() < date(9998, 1, 1))
    assert NIGHT.covers(moment) is NIGHT.covers(moment.astimezone(UTC))


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Europe/Atlantis"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "Europe"},
        {"time_zone": ""},
        {"begins": "22:00+01:00"},
        {"ends": "25:00"},
        {"weekdays": []},
        {"weekdays": ["monday"]},
    ],
)
def test_hours_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    right = {"time_zone": "Europe/Berlin", "begins": "22:00", "ends": "07:00"}
    with pytest.raises(ValidationError):
        QuietHours.model_validate({**right, **wrong})


ASLEEP, AWAKE = berlin(20, "23:00"), berlin(20, "12:00")


@pytest.mark.parametrize(
    ("urgency", "severity", "at", "told"),
    [
        (Urgency.ACTION, Severity.HIGH, ASLEEP, Urgency.LATER),
        (Urgency.ACTION, Severity.LOW, ASLEEP, Urgency.LATER),
        (Urgency.ACTION, Severity.CRITICAL, ASLEEP, Urgency.ACTION),
        (Urgency.ACTION, Severity.HIGH, AWAKE, Urgency.ACTION),
        (Urgency.ESCALATION, Severity.LOW, ASLEEP, Urgency.ESCALATION),
        (Urgency.INFO, Severity.CRITICAL, ASLEEP, Urgency.INFO),
    ],
)
def test_only_escalations_and_critical_incidents_call_people_at_night(
    urgency: Urgency, severity: Severity, at: datetime, told: Urgency
) -> None:
    weekend = hours("00:00", "00:00", weekdays=["sun"])
    assert told_as(urgency, severity, at, (weekend, NIGHT)) is told
    assert told_as(urgency, severity, at, ()) is urgency


def test_they_are_read_from_the_file(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path_factory.mktemp("quiet") / "suture.toml"
    path.write_text(
        '[[quiet_hours]]\ntime_zone = "Europe/Berlin"\nbegins = 22:00:00\nends = "07:00"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("SUTURE_CONFIG", str(path))
    assert load_settings().quiet_hours == (NIGHT,)
    assert Settings().quiet_hours == (NIGHT,)
