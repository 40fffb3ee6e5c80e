"""When people are left in peace: in quiet hours only what cannot wait makes a sound."""

from collections.abc import Iterable
from datetime import time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from suture.domain.alert import Severity
from suture.domain.value import Instant
from suture.ports.chat import Urgency


class Weekday(StrEnum):
    """A day of the week, Monday first as in `datetime.date.weekday`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Weekday)


class QuietHours(BaseModel):
    """Hours in which only escalations and critical incidents call people; any number of tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: str
    """Name of the IANA time zone, such as `Europe/Berlin`, whose clock on the wall decides."""
    begins: time
    """The minute in which it becomes quiet, such as `22:00`."""
    ends: time
    """The first minute that is not quiet any more, on the next day if it is not after `begins`;
    equal to `begins`: a whole day later."""
    weekdays: tuple[Weekday, ...] = Field(default=WEEK, min_length=1)
    """Days on which it becomes quiet: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`."""

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("there is no such time zone") from error
        return name

    @field_validator("begins", "ends")
    @classmethod
    def _on_the_wall(cls, given: time) -> time:
        if given.tzinfo is not None:
            raise ValueError("give the time without an offset: the time zone has it")
        return given

    def covers(self, at: Instant) -> bool:
        """Whether it is quiet at this moment."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        clock, today = local.time(), WEEK[local.weekday()]
        if self.begins < self.ends:
            return self.begins <= clock < self.ends and today in self.weekdays
        if clock >= self.begins:
            return today in self.weekdays
        # Past midnight it is still the night of the day before.
        yesterday = WEEK[(local.date() - timedelta(days=1)).weekday()]
        return clock < self.ends and yesterday in self.weekdays


def told_as(
    urgency: Urgency, severity: Severity, at: Instant, quiet: Iterable[QuietHours]
) -> Urgency:
    """Return how loudly to say it now: what is not critical lets people sleep.

    An escalation is loud at any time: nobody decided, although there was time to.
    """
    may_wait = urgency is Urgency.ACTION and severity is not Severity.CRITICAL
    if may_wait and any(hours.covers(at) for hours in quiet):
        return Urgency.LATER
    return urgency
