from suture.agent.guard import (
    MAX_COMPLAINTS,
    MAX_IDLE_TURNS,
    MAX_PROPOSALS,
    MAX_REPEATS,
    LoopGuard,
)


def test_the_same_call_again_and_again_ends_it() -> None:
    guard = LoopGuard()
    for _ in range(MAX_REPEATS):
        assert not guard.objection
        guard.call("a" * 64)
    assert "same call" in guard.objection


def test_a_proposal_makes_the_same_call_new() -> None:
    guard = LoopGuard()
    for _ in range(MAX_PROPOSALS):
        assert not guard.objection
        guard.call("a" * 64)
        guard.turn()
        guard.propose()
    assert "proposals" in guard.objection


def test_complaints_and_idle_turns_end_it() -> None:
    complaining, idle = LoopGuard(), LoopGuard()
    for _ in range(MAX_COMPLAINTS):
        complaining.complain()
    for _ in range(MAX_IDLE_TURNS):
        idle.turn()
    assert "could not be used" in complaining.objection
    assert "without a proposal" in idle.objection
