"""Ends conversations that lead nowhere: repeats, complaints, and turns without a proposal."""

from collections import Counter
from dataclasses import dataclass, field

from suture.domain.value import Digest

MAX_REPEATS = 3
MAX_COMPLAINTS = 6
MAX_IDLE_TURNS = 12
MAX_PROPOSALS = 5


@dataclass
class LoopGuard:
    """Counts, deterministically; workflows keep one per conversation."""

    calls: Counter[Digest] = field(default_factory=Counter)
    complaints: int = 0
    idle_turns: int = 0
    proposals: int = 0

    def turn(self) -> None:
        """Count a turn, idle until something is proposed."""
        self.idle_turns += 1

    def call(self, fingerprint: Digest) -> None:
        """Count a call by its name and arguments."""
        self.calls[fingerprint] += 1

    def complain(self) -> None:
        """Count an answer that could not be used."""
        self.complaints += 1

    def propose(self) -> None:
        """Count a proposal, after which looking around anew is no loop."""
        self.proposals += 1
        self.idle_turns = 0
        self.calls.clear()

    @property
    def objection(self) -> str:
        """Why the conversation should end, or nothing."""
        if any(count >= MAX_REPEATS for count in self.calls.values()):
            return f"It made the same call {MAX_REPEATS} times."
        if self.complaints >= MAX_COMPLAINTS:
            return f"{self.complaints} of its answers could not be used."
        if self.idle_turns >= MAX_IDLE_TURNS:
            return f"It took {self.idle_turns} turns without a proposal."
        if self.proposals >= MAX_PROPOSALS:
            return f"None of its {self.proposals} proposals passed."
        return ""
