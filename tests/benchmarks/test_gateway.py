"""The benchmark of the gateway follows the gateway: its hardest case still gets through."""

from benchmarks.gateway import CASES, measure


async def test_every_alert_of_the_storm_passes_on_a_real_server() -> None:
    [storm] = [case for case in CASES if case.storm]
    found = await measure(storm, alerts=40, rounds=1)
    assert found.ratio > 0
    assert found.bare.signals == 40
    assert found.gateway.signals < 40
