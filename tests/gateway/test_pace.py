import asyncio

import pytest
from pydantic import JsonValue
from temporalio.contrib.pydantic import pydantic_data_converter

from apps.gateway.batch import SAMPLE, Batch
from apps.gateway.buckets import SWEEP_AT, TokenBuckets
from apps.gateway.commit import CONCURRENT_COMMITS
from suture.arrival import Arrival, arrival_of
from suture.domain.alert import Severity
from suture.errors import RateLimited, Unreachable
from suture.traces.sentry import parse_event
from tests.gateway.commit_bench import AT, Bench, arrival, submitted


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    bench.pause = bench.clock.pause
    return bench


async def test_a_burst_is_acknowledged_at_once_and_a_trickle_after_it_is_paced(
    bench: Bench,
) -> None:
    commits = bench.commits(commit_burst=3)
    for number in range(3):
        # Each is alone: the lane of the incident is empty again before the next one comes.
        await commits.submit(arrival(number))
    assert bench.clock.pauses == []
    for number in range(3, 6):
        [late] = await submitted(commits, arrival(number))
        await bench.clock.resting.wait()
        assert not late.done()
        bench.clock.turn(1.0)
        await late
    assert bench.clock.pauses == [1.0, 1.0, 1.0]
    assert bench.counts == [1] * 6


async def test_a_storm_sends_one_signal_a_second_with_all_that_arrived_meanwhile(
    bench: Bench,
) -> None:
    commits = bench.commits(commit_burst=1, max_waiting=1_000)
    await commits.submit(arrival("first"))
    for second in range(20):
        early = await submitted(commits, *[arrival((second, n)) for n in range(25)])
        await bench.clock.resting.wait()
        bench.clock.turn(0.5)
        late = await submitted(commits, *[arrival((second, n)) for n in range(25, 50)])
        assert not any(task.done() for task in [*early, *late])
        bench.clock.turn(0.5)
        await asyncio.gather(*early, *late)
    assert bench.counts == [1] + [50] * 20
    assert sum(bench.world.metrics.counts.values()) == 1 + 50 * 20
    assert all(len(batch.notices) <= SAMPLE for _, batch in bench.starter.batches)


async def test_quiet_earns_a_new_burst(bench: Bench) -> None:
    commits = bench.commits(commit_burst=2)
    for number in range(2):
        await commits.submit(arrival(number))
    bench.clock.turn(60.0)
    for number in range(2, 4):
        await commits.submit(arrival(number))
    assert bench.clock.pauses == []
    [late] = await submitted(commits, arrival("late"))
    await bench.clock.resting.wait()
    bench.clock.turn(1.0)
    await late
    assert bench.clock.pauses == [1.0]


async def test_storms_that_wait_for_their_pace_hold_up_no_other_incident(bench: Bench) -> None:
    commits = bench.commits(commit_burst=1)
    storms = [f"storm {number}" for number in range(2 * CONCURRENT_COMMITS)]
    for name in storms:
        await commits.submit(arrival(name, of=name))
    waiting = await submitted(commits, *[arrival(f"more {name}", of=name) for name in storms])
    await bench.clock.resting.wait()
    await commits.submit(arrival("other", of="another incident"))
    assert not any(task.done() for task in waiting)
    bench.clock.turn(1.0)
    await asyncio.gather(*waiting)


async def test_a_storm_leaves_half_of_the_room_to_other_incidents(bench: Bench) -> None:
    commits = bench.commits(commit_burst=1, max_waiting=4)
    await commits.submit(arrival(0))
    waiting = await submitted(commits, arrival(1), arrival(2))
    with pytest.raises(RateLimited, match="this incident"):
        await commits.submit(arrival(3))
    await commits.submit(arrival(4, of="b"))
    bench.clock.turn(1.0)
    await asyncio.gather(*waiting)
    assert bench.counts == [1, 1, 2]


async def test_closing_flushes_at_once(bench: Bench) -> None:
    commits = bench.commits(commit_burst=1)
    await commits.submit(arrival(0))
    waiting = await submitted(commits, arrival(1), arrival(2))
    await bench.clock.resting.wait()
    await commits.close()
    await asyncio.gather(*waiting)
    assert bench.counts == [1, 2]
    assert bench.clock.seconds == 0.0


async def test_the_pace_leaves_half_of_a_short_timeout_to_the_commit(bench: Bench) -> None:
    # The timeout passes in real time: it is short beside the interval, and long for a machine.
    commits = bench.commits(commit_burst=1, commit_interval_seconds=3_600.0, timeout_seconds=60.0)
    await commits.submit(arrival(0))
    [late] = await submitted(commits, arrival(1))
    await bench.clock.resting.wait()
    bench.clock.turn(30.0)
    await late
    assert bench.clock.pauses == [30.0]


async def test_repeated_commits_keep_the_pace_as_well(bench: Bench) -> None:
    commits = bench.commits(commit_burst=1, first_retry_seconds=0.25)
    bench.starter.failures.append(Unreachable("Temporal does not answer."))
    with pytest.raises(Unreachable):
        await commits.submit(arrival(0))
    for seconds in (0.25, 0.75):
        await bench.clock.resting.wait()
        bench.clock.turn(seconds)
    await commits.submit(arrival(0))
    assert bench.clock.pauses == [0.25, 0.75]
    assert bench.counts == [1, 1]


async def test_an_incident_learns_how_bad_it_is_from_a_large_batch(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.open.clear()
    worse = {SAMPLE: Severity.LOW, SAMPLE + 1: Severity.HIGH, SAMPLE + 2: Severity.CRITICAL}
    tasks = await submitted(
        commits,
        *[
            arrival(n, severity=worse.get(n, Severity.MEDIUM), content=f"{n}".encode())
            for n in range(20)
        ],
    )
    bench.starter.open.set()
    await asyncio.gather(*tasks)
    [(_, batch)] = bench.starter.batches
    assert [notice.alert_id for notice in batch.notices] == ["0", "1", "2", "3", "7"]
    assert batch.count == 20
    assert sorted(bench.world.artifacts.contents.values()) == [b"0", b"1", b"2", b"3", b"7"]
    commits.check_room()


def test_full_buckets_are_forgotten() -> None:
    seconds = 0.0
    buckets: TokenBuckets[int] = TokenBuckets(1.0, 10, lambda: seconds)
    for number in range(100 * SWEEP_AT):
        seconds += 0.01
        assert buckets.take(number) == 0.0
        assert len(buckets) <= SWEEP_AT + 1


def test_buckets_in_use_are_kept_however_many_there_are() -> None:
    buckets: TokenBuckets[int] = TokenBuckets(1.0, 1, lambda: 0.0)
    everybody = range(3 * SWEEP_AT)
    assert {buckets.take(number) for number in everybody} == {0.0}
    assert {buckets.take(number) for number in everybody} == {1.0}


async def test_the_largest_signal_of_a_storm_is_small() -> None:
    """Far below the 2 MB that Temporal takes, whatever the senders say."""
    first = huge(0)
    batch = Batch(
        batch_id="b" * 32,
        key=first.key,
        title=first.title,
        environment=first.environment,
        opened_at=0.0,
    )
    for number in range(20):
        batch.add(huge(number))
    [payload] = await pydantic_data_converter.encode([batch.message()])
    assert batch.message().count == 20
    assert payload.ByteSize() < 16 * 1_024


def huge(number: int) -> Arrival:
    """Return what comes of an event that says as much as it can, in characters of four bytes."""
    much = "\N{FIRE}" * 10_000
    event: dict[str, JsonValue] = {
        "event_id": f"{number:032x}",
        "message": much,
        "tags": {"release": much, "environment": much},
    }
    return arrival_of(parse_event(event, service="shop", received_at=AT))
