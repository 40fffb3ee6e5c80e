"""What the right answer is, and which of the surviving patches gives it.

A patch that stops the crash is not yet a fix: one in five patches that pass the visible tests is
wrong. These are the ways in which wrong ones get this far, and what stops each.

- It swallows the error or makes up a value. By its nature it never counts (`HIDES_ERROR`).
- It gives the right answer to the one reported input, by luck or by a constant. The probe also
  makes neighbouring calls: where the base or the last good commit had an answer, the patch must
  keep one of the two (`compare_neighbours`).
- The last good commit answered with None and no visible effect, so that everything agrees with it.
  Such an observation is no oracle (`expect`).
- The last good answer depends on time or chance. It must be the same twice (`expect`).
- The error was raised on purpose, as a refusal, and the patch takes the refusal away. A `raise` or
  an `assert` of the project's own that the last good commit did not have yet is no fault to repair
  by comparison with it, and one that it had is never repaired by weaker evidence (`expect`).
- Its answer has the annotated type, but so has every made-up number. A satisfied annotation counts
  only for code that the project itself vouches for, be it restored from its history or written as
  its neighbours are, with kept behaviour on at least one neighbouring call, and only while no
  equally good patch answers differently (`choose`).
- Two plausible repairs answer differently and one of them must be wrong: a human decides. So it is
  with two small edits of another language than Python that pass the same test, for nobody can ask
  there what they answer to other calls.
- Only "it no longer crashes" speaks for it. Then it passes only if it is mechanical, which is to
  say that the program's own text leaves one right reading: a misspelt name with one close match,
  a missing import, `await`, `self` or pair of parentheses. What guesses a value, an operator, a
  bound, a key or a conversion is never mechanical.
"""

from collections.abc import Callable, Sequence

from suture.domain.patch import Candidate, PatchNature
from suture.domain.value import Prose, Value
from suture.domain.verification import Oracle, VerdictReason
from suture.rewrites.edits import SLIPS
from suture.verdict.contract import ContractVerdict, judge_contract
from suture.verdict.neighbours import Comparison, compare_neighbours
from suture.verdict.observation import Observation, Outcome, agree, crash_frame, informative
from suture.verdict.rivals import CLOSE, Contest

STABLE_RUNS = 2
MECHANICAL_ORIGINS = frozenset(
    {
        "names.undefined",
        "names.attribute",
        "names.keyword",
        "names.self",
        "imports.missing",
        "calls.await",
        "calls.parentheses",
        "arguments.self",
    }
)
"""Patterns, by a patch's origin, for which the program's text leaves one right answer."""

BLIND_ORIGINS = frozenset(slip.pattern for slip in SLIPS)
"""Small edits of other languages, by a patch's origin: nothing but the test speaks for them."""

NATURES = tuple(PatchNature)


class Expectation(Value):
    """What is known of the right answer."""

    oracle: Oracle
    observation: Observation | None = None
    """What the patched code must do; only with `LAST_GOOD`, and not if the test itself says it."""
    returns: str | None = None
    """The return annotation; only with `STATED_CONTRACT`."""
    deliberate: bool = False
    """The project raised the error on purpose: only a test or a last good answer may judge."""
    reason: Prose

    @property
    def by_test(self) -> bool:
        """Whether the regression test itself holds the last good answer."""
        return self.oracle is Oracle.LAST_GOOD and self.observation is None


class Survivor(Value):
    """A patch with which the reproduction is green."""

    candidate: Candidate
    observation: Observation | None = None
    """What the probe saw with the patch; None where only the project's own test was run."""
    suite_ok: bool = True
    contract: ContractVerdict = ContractVerdict.SILENT
    mechanical: bool = False
    by_convention: bool = False
    """A guard that does what its neighbours in the code do for the same case."""
    comparison: Comparison = Comparison()

    @property
    def nature(self) -> PatchNature:
        """What the patch does about the fault."""
        return self.candidate.patch.nature

    @property
    def blind(self) -> bool:
        """Whether nothing but a test's outcome led to the patch."""
        return self.candidate.patch.origin in BLIND_ORIGINS


class Choice(Value):
    """Which patch stands, if any, and why."""

    reason: VerdictReason
    best: Survivor | None = None
    """The verified patch, or the nearest miss."""
    mitigation: Survivor | None = None
    """The best of those that only hide the error."""
    explanation: Prose

    @property
    def verified(self) -> bool:
        """Whether the best patch may count as the fix."""
        return self.reason is VerdictReason.VERIFIED


def contested(choice: Choice, contest: Contest) -> Choice:
    """Return a choice with what comparing the patch with its rivals came to."""
    if contest.dispute:
        text = (
            "Patches that pass the same tests disagree, and nothing tells which is meant: a human "
            f"must choose. {contest.dispute}"
        )
        reason = VerdictReason.WEAK_ORACLE
        return choice.model_copy(update={"reason": reason, "explanation": text})
    text = f"{choice.explanation} {contest.summary}"
    return choice.model_copy(update={"explanation": text})


def is_mechanical(origin: str) -> bool:
    """Whether a patch's origin is a pattern that leaves one right answer."""
    return origin in MECHANICAL_ORIGINS


def expect(
    base: Observation,
    last_good: Sequence[Observation],
    returns: str | None,
    good_source: str | None = None,
) -> Expectation:
    """Return what the patched code must do, from at least two runs on the last good commit.

    `returns` is the target's return annotation, `good_source` the text of the file that crashed as
    it was on the last good commit.
    """
    line = _raising_line(base)
    reason = _unusable(last_good)
    if line and not reason and not _has_line(good_source, line):
        reason = "The error is a refusal that the code makes on purpose since the last good commit."
    if not reason:
        text = "The same call gave an answer before the suspect commit."
        return Expectation(oracle=Oracle.LAST_GOOD, observation=last_good[0], reason=text)
    if returns and returns.strip("'\"") not in {"None", "Any", "object"}:
        text = f"{reason} The code itself says that it returns {returns}."[:8_000]
        return Expectation(
            oracle=Oracle.STATED_CONTRACT, returns=returns, deliberate=bool(line), reason=text
        )
    text = f"{reason} Nothing states a contract."
    return Expectation(oracle=Oracle.NO_CRASH, deliberate=bool(line), reason=text)


def _raising_line(base: Observation) -> str:
    """Return the project's own `raise` or `assert` that made the error, if one did."""
    frame = crash_frame(base)
    text = frame.text.strip() if frame else ""
    return text if text.split("(")[0].split(" ")[0] in {"raise", "assert"} else ""


def _has_line(source: str | None, line: str) -> bool:
    return any(text.strip() == line for text in (source or "").splitlines())


def _unusable(last_good: Sequence[Observation]) -> str:
    """Say why the last good commit makes no oracle, or nothing if it does."""
    if len(last_good) < STABLE_RUNS:
        return "No good commit is known that the call could be compared with."
    first = last_good[0]
    if any(run.outcome is Outcome.UNUSABLE for run in last_good):
        return "The call cannot be made on the last good commit."
    if any(run.outcome is Outcome.RAISED for run in last_good):
        return "The call failed on the last good commit, too."
    if not all(agree(first, run) for run in last_good[1:]):
        return "The call answers differently each time on the last good commit."
    if not informative(first):
        return "The call has no visible answer on the last good commit."
    return ""


def make_survivor(
    candidate: Candidate,
    patched: Observation,
    base: Sequence[Observation],
    last_good: Sequence[Observation],
    returns: str | None,
) -> Survivor:
    """Return a survivor with what can be judged from its observation alone."""
    return Survivor(
        candidate=candidate,
        observation=patched,
        contract=judge_contract(returns, patched),
        mechanical=is_mechanical(candidate.patch.origin),
        comparison=compare_neighbours(patched, base, last_good),
    )


def rank(survivor: Survivor) -> tuple[int, bool, int, int, float, str]:
    """Return the sort key of survivors, best first."""
    patch = survivor.candidate.patch
    return (
        # What was there before is likelier meant than what happens to pass.
        NATURES.index(PatchNature.GUARD if survivor.blind else patch.nature),
        not survivor.mechanical,
        -survivor.comparison.preserved,
        patch.lines,
        -survivor.candidate.score,
        survivor.candidate.candidate_id,
    )


def choose(
    survivors: Sequence[Survivor], expectation: Expectation, *, needs_oracle: bool = True
) -> Choice:
    """Pick the patch that stands; `needs_oracle` is the policy's `verified_needs_oracle`."""
    ordered = sorted(survivors, key=rank)
    hiding = [item for item in ordered if item.nature is PatchNature.HIDES_ERROR]
    mitigation = hiding[0] if hiding else None
    clean = [item for item in ordered if item.nature is not PatchNature.HIDES_ERROR]
    if not clean:
        reason = VerdictReason.HIDES_ERROR if hiding else VerdictReason.STILL_RED
        text = "What stops the error only hides it." if hiding else "No patch stops the error."
        return Choice(reason=reason, best=mitigation, mitigation=mitigation, explanation=text)
    sound = [item for item in clean if item.suite_ok]
    if not sound:
        text = "Every patch that stops the error breaks existing tests."
        reason, best = VerdictReason.NEW_FAILURES, clean[0]
    else:
        reason, best, text = _judge(sound, expectation, needs_oracle=needs_oracle)
    return Choice(reason=reason, best=best, mitigation=mitigation, explanation=text)


Answer = tuple[VerdictReason, Survivor, str]


def _judge(sound: list[Survivor], expectation: Expectation, *, needs_oracle: bool) -> Answer:
    if expectation.oracle is Oracle.FAILING_TEST or expectation.by_test:
        return _by_test(sound, expectation)
    if expectation.oracle is Oracle.LAST_GOOD:
        return _by_last_good(sound, expectation.observation)
    if expectation.deliberate:
        text = f"{expectation.reason} The code raises this error on purpose."
        return VerdictReason.WEAK_ORACLE, sound[0], text
    mechanical = [item for item in sound if is_only_reading(item, expectation)]
    if mechanical:
        return _unless_rivals(
            mechanical, "The program's own text leaves no other reading.", lambda _: True
        )
    if expectation.oracle is Oracle.NO_CRASH and needs_oracle:
        text = f"{expectation.reason} That the error is gone does not make the answer right."
        return VerdictReason.WEAK_ORACLE, sound[0], text
    contract = expectation.oracle is Oracle.STATED_CONTRACT
    text = "It keeps the stated contract and the behaviour around the reported call."
    if not contract:
        text = "The error is gone, and the policy asks for no more."
    return _unless_rivals(sound, text, _keeps_contract if contract else _unrefuted)


def _by_test(sound: list[Survivor], expectation: Expectation) -> Answer:
    best = _plausible_guard(sound) or sound[0]
    if best.blind and any(rival.blind for rival in sound[1:]):
        text = (
            "Several small edits make the failing test pass, and nothing tells which of them is "
            "meant: a human must choose."
        )
        return VerdictReason.WEAK_ORACLE, best, text
    text = "The project's own failing test passes with it."
    if expectation.by_test:
        text = "The same call gives the answer again that it gave before the suspect commit."
    return VerdictReason.VERIFIED, best, text


def _plausible_guard(sound: list[Survivor]) -> Survivor | None:
    """Return the best guard, where the repair before it hardly fits the complaint."""
    guards = (item for item in sound if item.nature is PatchNature.GUARD and not item.blind)
    guard = next(guards, None)
    first = sound[0]
    if guard is None or first.nature is not PatchNature.REPAIR or first.mechanical:
        return None
    return guard if first.candidate.score < CLOSE * guard.candidate.score else None


def _by_last_good(sound: list[Survivor], expected: Observation | None) -> Answer:
    matching = [
        item
        for item in sound
        if expected is not None
        and item.observation is not None
        and agree(item.observation, expected)
    ]
    if not matching:
        text = "No patch gives the answer that the last good commit gave."
        return VerdictReason.WEAK_ORACLE, sound[0], text
    steady = [item for item in matching if not item.comparison.contradiction]
    if not steady:
        text = f"It answers the reported call rightly. {matching[0].comparison.contradiction}"
        return VerdictReason.WEAK_ORACLE, matching[0], text
    text = "It gives the answer that the last good commit gave to the same call."
    return VerdictReason.VERIFIED, steady[0], text


def _unrefuted(item: Survivor) -> bool:
    """Whether nothing that is known speaks against the patch, and its nature is a fix's."""
    fixing = item.nature is not PatchNature.GUARD or item.by_convention or item.mechanical
    refuted = item.contract is ContractVerdict.REFUTED
    return fixing and not refuted and not item.comparison.contradiction


def is_only_reading(item: Survivor, expectation: Expectation) -> bool:
    """Whether nothing but another mechanical patch could speak against this one."""
    weak = expectation.oracle in {Oracle.STATED_CONTRACT, Oracle.NO_CRASH}
    return weak and not expectation.deliberate and item.mechanical and _unrefuted(item)


def _keeps_contract(item: Survivor) -> bool:
    """Whether the contract is kept, by code that the project itself vouches for."""
    vouched = item.by_convention or item.nature is PatchNature.RESTORE
    if not vouched:
        return False
    kept = item.contract is ContractVerdict.SATISFIED and item.comparison.preserved > 0
    return kept and _unrefuted(item)


def _unless_rivals(
    survivors: list[Survivor], text: str, eligible: Callable[[Survivor], bool]
) -> Answer:
    """Verify the best eligible patch unless an equally plausible one answers otherwise."""
    best = next((item for item in survivors if eligible(item)), None)
    if best is None:
        weak = "Too little speaks for the right answer: a human must judge it."
        return VerdictReason.WEAK_ORACLE, survivors[0], weak
    worst = NATURES.index(best.nature)
    for rival in survivors:
        plausible = NATURES.index(rival.nature) <= worst and _plausible(rival)
        if plausible and not _same_answers(best, rival):
            weak = "Equally plausible patches answer differently: a human must choose."
            return VerdictReason.WEAK_ORACLE, best, weak
    return VerdictReason.VERIFIED, best, text


def _plausible(item: Survivor) -> bool:
    return item.contract is not ContractVerdict.REFUTED and not item.comparison.contradiction


def _same_answers(one: Survivor, other: Survivor) -> bool:
    if one.observation is None or other.observation is None:
        return one is other
    return agree(one.observation, other.observation) and all(
        agree(mine, theirs)
        for mine, theirs in zip(
            one.observation.neighbours, other.observation.neighbours, strict=False
        )
        if Outcome.UNUSABLE not in {mine.outcome, theirs.outcome}
    )
