import asyncio
from collections.abc import Sequence

import pytest

from apps.gateway.batch import SAMPLE
from apps.gateway.commit import CONCURRENT_COMMITS, CommitLimits, CommitTools, GroupCommit
from apps.gateway.counting import GroupedCounts
from apps.gateway.recent import KEEP_SECONDS, RecentAlerts
from suture.canonical import sha256
from suture.errors import PermanentError, RateLimited, Unreachable
from suture.ports.metrics import EventCount
from tests.fakes.metrics import FakeEventMetrics
from tests.gateway.commit_bench import AT, Bench, arrival, submitted

DOWN = Unreachable("Temporal does not answer.")


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_an_alert_is_acknowledged_after_artifact_count_and_temporal(bench: Bench) -> None:
    await bench.commits().submit(arrival(content=b'{"x":1}'))
    assert list(bench.world.artifacts.contents.values()) == [b'{"x":1}']
    assert sum(bench.world.metrics.counts.values()) == 1
    [(key, batch)] = bench.starter.batches
    assert key.service == "shop"
    assert batch.count == 1
    assert batch.notices[0].event == sha256(b'{"x":1}')


async def test_alerts_that_arrive_meanwhile_travel_together(bench: Bench) -> None:
    commits = bench.commits(max_waiting=2_000)
    bench.starter.open.clear()
    first = await submitted(commits, arrival(0))
    await bench.starter.entered.wait()
    rest = await submitted(commits, *[arrival(number) for number in range(1, 501)])
    assert not any(task.done() for task in [*first, *rest])
    bench.starter.open.set()
    await asyncio.gather(*first, *rest)
    assert bench.counts == [1, 500]
    assert len(bench.starter.batches[1][1].notices) == SAMPLE
    assert sum(bench.world.metrics.counts.values()) == 501
    assert commits.waiting == 0


async def test_incidents_do_not_wait_for_each_other_but_commits_are_bounded(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.open.clear()
    bench.starter.crowd = CONCURRENT_COMMITS
    tasks = await submitted(commits, *[arrival(n, of=f"{n}") for n in range(40)])
    await bench.starter.crowded.wait()
    bench.starter.open.set()
    await asyncio.gather(*tasks)
    assert bench.starter.most_at_once == CONCURRENT_COMMITS
    assert bench.counts == [1] * 40


async def test_an_acknowledged_alert_that_is_sent_again_is_not_counted_again(bench: Bench) -> None:
    commits = bench.commits()
    await commits.submit(arrival(7))
    await commits.submit(arrival(7))
    assert bench.counts == [1]


async def test_an_alert_that_is_sent_again_while_it_waits_shares_the_outcome(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.open.clear()
    twins = await submitted(commits, arrival(7), arrival(7))
    assert commits.waiting == 1
    bench.starter.open.set()
    await asyncio.gather(*twins)
    assert bench.counts == [1]


async def test_the_same_id_in_another_service_is_another_alert() -> None:
    recent = RecentAlerts(lambda: 0.0)
    recent.add(("shop", "7"))
    assert ("shop", "7") in recent
    assert ("till", "7") not in recent


async def test_memory_of_acknowledged_alerts_is_bounded_in_number_and_time() -> None:
    seconds = 0.0
    recent = RecentAlerts(lambda: seconds, capacity=2)
    for name in ("a", "b", "c"):
        recent.add(("shop", name))
    assert [("shop", name) in recent for name in ("a", "b", "c")] == [False, True, True]
    seconds = KEEP_SECONDS
    assert ("shop", "c") not in recent


async def test_a_cancelled_request_does_not_cancel_its_batch(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.open.clear()
    gone, stays = await submitted(commits, arrival(1), arrival(2))
    await bench.starter.entered.wait()
    gone.cancel()
    bench.starter.open.set()
    await stays
    assert gone.cancelled()
    assert bench.counts == [2]


async def test_all_waiters_of_a_failed_batch_are_told_and_it_is_tried_again(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.failures.append(DOWN)
    outcomes = await asyncio.gather(
        commits.submit(arrival(1)), commits.submit(arrival(2)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Unreachable, Unreachable]
    await commits.close()
    assert [batch.batch_id for _, batch in bench.starter.batches] == ["batch-0", "batch-0"]
    assert sum(bench.starter.alerts.values()) == 2
    assert sum(bench.world.metrics.counts.values()) == 2


async def test_a_retry_after_an_ambiguous_failure_counts_once(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.failures.extend([DOWN, DOWN])
    with pytest.raises(Unreachable, match="does not answer"):
        await commits.submit(arrival(1))
    with pytest.raises(Unreachable):
        await commits.submit(arrival(1))
    await commits.submit(arrival(1))
    assert bench.counts == [1, 1, 1]
    assert {batch.batch_id for _, batch in bench.starter.batches} == {"batch-0"}
    assert sum(bench.starter.alerts.values()) == 1


async def test_new_alerts_are_not_mixed_into_a_batch_that_was_sent(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.failures.append(DOWN)
    with pytest.raises(Unreachable):
        await commits.submit(arrival(1))
    await commits.submit(arrival(2))
    assert [batch.batch_id for _, batch in bench.starter.batches] == [
        "batch-0",
        "batch-0",
        "batch-1",
    ]
    assert sum(bench.starter.alerts.values()) == 2


async def test_a_hanging_commit_is_given_up_in_time(bench: Bench) -> None:
    commits = bench.commits(timeout_seconds=0.02)
    bench.starter.open.clear()
    with pytest.raises(Unreachable, match="in time"):
        await commits.submit(arrival(1))
    bench.starter.open.set()
    # However long storing takes: closing at once would give up on what is not stored yet.
    while commits.waiting:  # noqa: ASYNC110 -- there is no event for it
        await asyncio.sleep(0.001)
    await commits.close()
    assert sum(bench.starter.alerts.values()) == 1
    assert sum(bench.world.metrics.counts.values()) == 1


async def test_too_many_waiting_alerts_are_refused_and_those_who_wait_are_not(
    bench: Bench,
) -> None:
    commits = bench.commits(max_waiting=2)
    bench.starter.open.clear()
    tasks = await submitted(commits, arrival(1), arrival(2, of="b"))
    with pytest.raises(RateLimited):
        await commits.submit(arrival(3, of="c"))
    bench.starter.open.set()
    await asyncio.gather(*tasks)
    await commits.submit(arrival(3, of="c"))
    assert sum(bench.counts) == 3


async def test_waiting_contents_are_bounded_in_bytes(bench: Bench) -> None:
    commits = bench.commits(max_held_bytes=10)
    bench.starter.open.clear()
    first = await submitted(commits, arrival(1))
    await bench.starter.entered.wait()
    second = await submitted(commits, arrival(2, content=b"0123456789"))
    with pytest.raises(RateLimited):
        commits.check_room()
    bench.starter.open.set()
    await asyncio.gather(*first, *second)
    commits.check_room()


async def test_what_temporal_refuses_for_good_is_dropped(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.failures.append(PermanentError("Temporal refuses: INVALID_ARGUMENT."))
    with pytest.raises(Unreachable):
        await commits.submit(arrival(1))
    assert commits.waiting == 0
    await commits.close()
    assert bench.counts == [1]


async def test_what_stays_unconfirmed_too_long_is_dropped(bench: Bench) -> None:
    commits = bench.commits(keep_unconfirmed_seconds=60.0, first_retry_seconds=60.0)
    bench.starter.failures.extend([DOWN, DOWN])
    with pytest.raises(Unreachable):
        await commits.submit(arrival(1))
    bench.clock.seconds = 61.0
    [waiter] = await submitted(commits, arrival(1))
    await commits.close()
    with pytest.raises(Unreachable):
        await waiter
    assert commits.waiting == 0
    assert bench.counts == [1, 1]


async def test_a_failing_store_confirms_nothing_and_counts_once_later(bench: Bench) -> None:
    class FailingOnce:
        calls = 0

        def put(self, content: bytes) -> str:
            self.calls += 1
            if self.calls == 1:
                raise Unreachable("The disk is full.")
            return store.put(content)

        get = bench.world.artifacts.get

    store = bench.world.artifacts
    bench.world.artifacts = FailingOnce()  # type: ignore[assignment]
    commits = bench.commits()
    with pytest.raises(Unreachable, match="disk is full"):
        await commits.submit(arrival(1))
    assert not bench.starter.batches
    await commits.submit(arrival(1))
    assert bench.counts == [1]
    assert sum(bench.world.metrics.counts.values()) == 1


async def test_a_bug_in_a_part_leaves_nobody_waiting(bench: Bench) -> None:
    async def broken(_: object) -> None:
        raise ZeroDivisionError

    tools = CommitTools(
        deliver=broken,
        new_id=lambda: "x",
        monotonic=lambda: 0.0,
        telemetry=bench.telemetry,
    )
    commits = GroupCommit(CommitLimits(max_waiting=9, timeout_seconds=60.0), tools)
    with pytest.raises(Unreachable):
        await commits.submit(arrival(1))
    assert commits.waiting == 0
    await commits.close()


async def test_closing_finishes_what_is_under_way_and_takes_nothing_more(bench: Bench) -> None:
    commits = bench.commits()
    bench.starter.open.clear()
    waiting = await submitted(commits, arrival(1))
    await bench.starter.entered.wait()
    closing = asyncio.create_task(commits.close())
    await asyncio.sleep(0)
    with pytest.raises(Unreachable, match="shutting down"):
        await commits.submit(arrival(2))
    bench.starter.open.set()
    await closing
    await asyncio.gather(*waiting)
    assert bench.counts == [1]


async def test_closing_does_not_wait_for_ever(bench: Bench) -> None:
    commits = bench.commits(timeout_seconds=0.05)
    bench.starter.open.clear()
    bench.world.starter.failures.extend([DOWN] * 5)
    [waiting] = await submitted(commits, arrival(1))
    await bench.starter.entered.wait()
    await commits.close()
    with pytest.raises(Unreachable):
        await waiting
    assert commits.waiting == 0


async def test_closing_gives_up_on_commits_that_never_had_their_turn(bench: Bench) -> None:
    commits = bench.commits(timeout_seconds=0.05)
    bench.starter.open.clear()
    numbers = range(3 * CONCURRENT_COMMITS)
    waiting = await submitted(commits, *[arrival(n, of=f"{n}") for n in numbers])
    await commits.close()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unreachable}
    assert commits.waiting == 0


class BrokenMetrics(FakeEventMetrics):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.errors = [error]
        self.transactions = 0

    def record_all(self, counts: Sequence[EventCount]) -> None:
        if self.errors:
            raise self.errors.pop()
        self.transactions += 1
        super().record_all(counts)


@pytest.mark.parametrize("error", [Unreachable("The database is locked."), ZeroDivisionError()])
async def test_alerts_that_cannot_be_counted_are_not_acknowledged(
    bench: Bench, error: Exception
) -> None:
    bench.world.metrics = BrokenMetrics(error)
    commits = bench.commits()
    with pytest.raises(Unreachable):
        await commits.submit(arrival(1))
    assert not bench.starter.batches
    await commits.submit(arrival(1))
    assert sum(bench.world.metrics.counts.values()) == 1


async def test_counts_of_many_incidents_share_transactions() -> None:
    metrics = BrokenMetrics(Unreachable("The database is locked."))
    metrics.errors.clear()
    counts = GroupedCounts(metrics)
    once = [
        EventCount(service="shop", fingerprint=f"{number:064x}", at=AT, count=1)
        for number in range(50)
    ]
    await asyncio.gather(*map(counts.record, once))
    assert sum(metrics.counts.values()) == 50
    assert metrics.transactions == 1
