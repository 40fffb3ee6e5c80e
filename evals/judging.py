"""Judges an offered fix by hidden tests, in the sandbox, when the engineer is done."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from activities.bench import MEGABYTE, Bench, Stand
from evals.case import Judge
from evals.outcome import JudgeReport, JudgeVerdict
from suture.domain.service import Service
from suture.domain.value import CommitSha
from suture.domain.verification import SuiteReport, TestOutcome
from suture.errors import SutureError
from suture.policy.model import SandboxBounds
from suture.ports.sandbox import Sandbox, SandboxJob, SandboxLimits, SandboxResult
from suture.ports.source import SourceRepository

OUTPUT = 20_000
"""Characters of a judge's output that are kept."""
SCRIPT_RIGHT = 0
SCRIPT_WRONG = 1
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A fix that was offered."""

    base_sha: CommitSha
    head_sha: CommitSha


@dataclass(frozen=True, kw_only=True)
class Courtroom:
    """Where judges run: the sandbox of production on the case's own repository."""

    sandbox: Sandbox
    repository: SourceRepository
    service: Service
    bounds: SandboxBounds

    def judge(self, judge: Judge, offer: Offer) -> JudgeReport:
        """Say whether an offered fix is right. What goes wrong here is told, never raised."""
        bench = Bench(
            sandbox=self.sandbox,
            repository=self.repository,
            service=self._service(judge),
            bounds=self.bounds.model_copy(update={"wall_seconds": judge.seconds}),
        )
        try:
            with contextlib.ExitStack() as stack:
                return _Hearing(judge=judge, bench=bench, offer=offer, stack=stack).verdict()
        except SutureError as error:
            return _cannot(f"The judge could not run: {error}")

    def _service(self, judge: Judge) -> Service:
        if judge.test_command is None:
            return self.service
        return self.service.model_copy(update={"test_command": judge.test_command})


@dataclass(frozen=True, kw_only=True)
class _Hearing:
    judge: Judge
    bench: Bench
    offer: Offer
    stack: contextlib.ExitStack

    def verdict(self) -> JudgeReport:
        return self._by_script() if self.judge.script is not None else self._by_tests()

    def _stand(self, sha: CommitSha) -> Stand:
        return self.stack.enter_context(self.bench.at(sha, environment_of=self.offer.base_sha))

    def _by_tests(self) -> JudgeReport:
        judge, base = self.judge, self._stand(self.offer.base_sha)
        fixed = self._run(self._stand(self.offer.head_sha), {})
        passed = _passed(fixed)
        wanted = set(_outcomes(fixed))
        if judge.reference is not None and (not fixed.ran or wanted != passed):
            reference = self._run(base, judge.reference)
            wanted = _passed(reference)
            if not wanted:
                return _cannot("No hidden test passes with the judge's own reference.", reference)
        elif not fixed.ran and not _ended_by_fix(fixed, self._run(base, {})):
            return _cannot(f"The hidden tests did not run: {fixed.problem}", fixed)
        failed = sorted(wanted - passed)
        if failed or not fixed.ran:
            return _report(JudgeVerdict.WRONG, _failures(failed, fixed), fixed.output)
        if not wanted:
            return _cannot("No hidden test was found.", fixed)
        unfixed = self._run(base, {})
        if unfixed.ran and wanted <= _passed(unfixed):
            return _cannot("The hidden tests pass without any fix.", unfixed)
        return _report(JudgeVerdict.RIGHT, f"{len(wanted)} hidden tests pass.", fixed.output)

    def _run(self, stand: Stand, more: Mapping[str, str]) -> SuiteReport:
        files = {**more, **self.judge.files}
        if self.judge.node_ids:
            return stand.run_tests(self.judge.node_ids, files)
        return stand.run_suite(files)

    def _by_script(self) -> JudgeReport:
        base = self._stand(self.offer.base_sha)
        fixed = self._script(self._stand(self.offer.head_sha), {})
        output = fixed.stdout + fixed.stderr
        if fixed.exit_code == SCRIPT_RIGHT:
            unfixed = self._script(base, {})
            if unfixed.exit_code == SCRIPT_RIGHT:
                return _report(
                    JudgeVerdict.NOT_RUNNABLE, "The hidden script passes without any fix.", output
                )
            return _report(JudgeVerdict.RIGHT, "The hidden script passes.", output)
        if self._reference_fails(base):
            return _report(
                JudgeVerdict.NOT_RUNNABLE, "The judge fails with its own reference.", output
            )
        if fixed.exit_code == SCRIPT_WRONG or fixed.limit_hit is not None:
            return _report(JudgeVerdict.WRONG, "The hidden script fails.", output)
        return _report(
            JudgeVerdict.NOT_RUNNABLE, f"The script ended with {fixed.exit_code}.", output
        )

    def _reference_fails(self, base: Stand) -> bool:
        reference = self.judge.reference
        return reference is not None and self._script(base, reference).exit_code != SCRIPT_RIGHT

    def _script(self, stand: Stand, more: Mapping[str, str]) -> SandboxResult:
        bounds = self.bench.bounds
        job = SandboxJob(
            tree=stand.tree,
            files={**more, **self.judge.files},
            argv=("sh", "-c", self.judge.script or ""),
            directory=self.bench.service.root,
            environment=stand.environment,
            limits=SandboxLimits(
                wall_seconds=bounds.wall_seconds,
                cpu_seconds=max(1, round(bounds.wall_seconds)),
                memory_bytes=bounds.memory_mb * MEGABYTE,
                processes=bounds.processes,
                disk_bytes=bounds.disk_mb * MEGABYTE,
            ),
        )
        return self.bench.sandbox.run(job, lambda: None)


def _ended_by_fix(fixed: SuiteReport, base: SuiteReport) -> bool:
    """Whether tests that run on the base do not even run with the fix, which is then wrong."""
    return base.ran and not fixed.ran


def _outcomes(report: SuiteReport) -> dict[str, TestOutcome]:
    skipped = TestOutcome.SKIPPED
    return {case.node_id: case.outcome for case in report.cases if case.outcome is not skipped}


def _passed(report: SuiteReport) -> set[str]:
    found = _outcomes(report)
    return {name for name, outcome in found.items() if outcome is TestOutcome.PASSED}


def _failures(failed: list[str], report: SuiteReport) -> str:
    if not report.ran:
        return f"The hidden tests do not run with the fix: {report.problem}"
    more = f" and {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
    return f"Hidden tests fail: {', '.join(failed[:SHOWN])}{more}."


def _cannot(why: str, report: SuiteReport | None = None) -> JudgeReport:
    return _report(JudgeVerdict.NOT_RUNNABLE, why, report.output if report else "")


def _report(verdict: JudgeVerdict, explanation: str, output: str) -> JudgeReport:
    return JudgeReport(verdict=verdict, explanation=explanation[:2_000], output=output[-OUTPUT:])
