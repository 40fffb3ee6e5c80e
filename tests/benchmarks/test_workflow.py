"""The benchmark of the workflow follows the workflow: its script still leads to the end."""

from benchmarks.workflow import measure


async def test_the_scripted_incident_reaches_its_pull_request_on_a_real_server() -> None:
    found = await measure(rounds=1)
    assert found.activities >= 20
    assert found.ratio > 0
