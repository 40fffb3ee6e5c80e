"""What a model hands in: fixes, reproductions and conclusions, each judged by the harness."""

import difflib
import posixpath
import re
from dataclasses import dataclass

from activities.bench import Bench
from activities.new_tests import NO_PLACE, NewTests, Taken
from activities.reference import Reference
from activities.reproducing import is_red
from activities.tool_use import Answered, Effect, Workplace
from suture.agent.arguments import Conclude, ProposeFix, ProposeReproduction
from suture.agent.nature import nature_of, worst
from suture.agent.prompting import fence
from suture.agent.reproduction import FORBIDDEN, objection_to_test
from suture.agent.source_block import unfenced_source
from suture.agent.syntax_reproduction import objection_to_syntax
from suture.canonical import canonical_json, digest_of, sha256
from suture.domain.alert import Alert
from suture.domain.diagnosis import Basis, Diagnosis
from suture.domain.evidence import Citation, Location, Statement
from suture.domain.patch import (
    Candidate,
    CandidateBatch,
    CandidateList,
    ChangedFile,
    FileChange,
    Patch,
)
from suture.domain.value import Digest
from suture.domain.verification import Oracle, Reproduction, ReproductionFiles, SuiteReport
from suture.localisation.citations import check_citations
from suture.localisation.functions import function_at
from suture.ports.artifacts import ArtifactStore
from suture.redaction import scrub
from suture.reproduction.named_tests import CALLABLE
from suture.verdict.oracle import Expectation

RUNS = 2
MODEL_SCORE = 0.5
PLACE = re.compile(r"^(?P<path>[^\s:]+\.py):(?P<line>\d{1,7}): (?P<type>[\w.]+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where a model's proposals are taken in."""

    workplace: Workplace
    artifacts: ArtifactStore
    alert: Alert
    model: str
    rejected: tuple[Digest, ...] = ()

    @property
    def _bench(self) -> Bench:
        return self.workplace.bench

    def take_fix(self, call: ProposeFix) -> Answered:
        """Make a candidate of the edits."""
        changes = self.workplace.changes
        if not changes:
            return Answered(effect=Effect.COMPLAINED, text="There are no edits to propose yet.")
        base = self.workplace.evidence.base_sha
        diff = self._bench.repository.make_diff(base, changes).encode("utf-8", "surrogateescape")
        before = {item.path: self.workplace.original(item.path) or "" for item in changes}
        patch = Patch(
            base_sha=base,
            digest=self.artifacts.put(diff),
            files=tuple(
                _counted(item.path, before[item.path], item.content or "") for item in changes
            ),
            nature=worst(
                nature_of(item.path, before[item.path], item.content or "") for item in changes
            ),
            title=scrub(" ".join(call.title.split())),
            rationale=scrub(call.rationale),
            origin=self.model,
        )
        if patch.digest in self.rejected:
            text = "A reviewer has refused this very patch. Propose another or give up."
            return Answered(effect=Effect.COMPLAINED, text=text)
        candidate = Candidate(candidate_id=f"c-{sha256(diff)[:16]}", patch=patch, score=MODEL_SCORE)
        digest = self.artifacts.put(canonical_json(CandidateList(candidates=(candidate,))))
        batch = CandidateBatch(digest=digest, count=1)
        return Answered(effect=Effect.PROPOSED, text="", batch=batch)

    def take_reproduction(self, call: ProposeReproduction) -> Answered:
        """Accept a test only if the harness sees it fail on the base exactly as reported."""
        if self._bench.toolchain(self.workplace.evidence.base_sha).name not in CALLABLE:
            return self._take_new_test(unfenced_source(call.source))
        objection = objection_to_test(call.source)
        if objection:
            return _objected(objection)
        crash, link = self.workplace.evidence.crash, self._reported_type()
        if crash is None or link is None:
            text = "The event names no exception and place that a test could be held against."
            return Answered(effect=Effect.COMPLAINED, text=text)
        with self._bench.at(self.workplace.evidence.base_sha) as stand:
            layout = self._bench.layout(stand.tree)
            path = _new_test_path(layout.tests(), self._bench.service.root, call.source)
            node = layout.inside(path) or path
            runs = [stand.run_tests((node,), {path: call.source}) for _ in range(RUNS)]
        if not all(is_red(run) and self._fails_as_reported(run, crash, link) for run in runs):
            text = f"On the base it does not fail each time with {link} in {crash.path}."
            return Answered(effect=Effect.COMPLAINED, text=text)
        return Answered(
            effect=Effect.REPRODUCED,
            text="Accepted: it is red on the base as reported.",
            reproduction=self._reproduction(path, node, call.source),
        )

    def _take_new_test(self, source: str) -> Answered:
        """Accept a test of another language by the same rules."""
        tests = NewTests(self._bench, self.alert, self.workplace.evidence)
        place = tests.place
        if place is None:
            return Answered(effect=Effect.COMPLAINED, text=NO_PLACE)
        objection = objection_to_syntax(place.path, source, place.language, place.project)
        if objection:
            return _objected(objection)
        with self._bench.at(self.workplace.evidence.base_sha) as stand:
            taken = tests.judge(source, stand)
        if not isinstance(taken, Taken):
            text = fence(f"{taken}\n{place.hint}", "not accepted")
            return Answered(effect=Effect.COMPLAINED, text=text)
        reason = "A model wrote the test; the harness saw it fail as reported."
        return Answered(
            effect=Effect.REPRODUCED,
            text=f"Accepted: it is red on the base as reported. {taken.expectation.reason}",
            reproduction=tests.reproduction(taken, self.artifacts, reason),
        )

    def take_conclusion(self, call: Conclude, diagnosis: Diagnosis) -> Answered:
        """Revise the diagnosis if what is claimed cites what exists."""
        statements = tuple(
            Statement(
                text=scrub(each.text),
                citations=tuple(Citation(**c.model_dump()) for c in each.citations),
            )
            for each in call.statements
        )
        base, repository = self.workplace.evidence.base_sha, self._bench.repository
        checked = check_citations(statements, repository, base, self.alert)
        if not checked:
            text = "None of the citations exists as quoted, so the diagnosis stays as it was."
            return Answered(effect=Effect.COMPLAINED, text=text)
        revised = diagnosis.model_copy(
            update={
                "category": call.category,
                "summary": scrub(call.summary),
                "cause": self._cause(call) or diagnosis.cause,
                "statements": (*checked, *diagnosis.statements),
                "confidence": call.confidence,
                "basis": Basis.MODEL,
                "stated": None,
                "confidence_note": "",
                "reasoned_by": self.model,
            }
        )
        return Answered(effect=Effect.CONCLUDED, text="It is on record.", diagnosis=revised)

    def _cause(self, call: Conclude) -> Location | None:
        text = self.workplace.original(call.path) if call.path else None
        if call.path is None or call.line is None or text is None:
            return None
        if call.line > len(text.splitlines()):
            return None
        span = function_at(text, call.line)
        name = span.qualified_name if span else None
        return Location(path=call.path, line=call.line, function=name)

    def _reported_type(self) -> str | None:
        number = self.workplace.evidence.exception
        chain = self.alert.exceptions
        if not chain:
            return None
        link = chain[number] if number is not None and number < len(chain) else chain[-1]
        return link.type.rsplit(".", 1)[-1]

    def _fails_as_reported(self, run: SuiteReport, crash: Location, reported: str) -> bool:
        """Whether pytest names the exception and the function that the event names."""
        if not all(case.message.split(":")[0].endswith(reported) for case in run.cases):
            return False
        places = [
            (found["path"], int(found["line"]), found["type"].rsplit(".", 1)[-1])
            for found in PLACE.finditer(run.output)
        ]
        if not places:
            return False
        path, line, kind = places[-1]
        inner = crash.path.removeprefix(posixpath.join(self._bench.service.root, ""))
        text = self.workplace.original(crash.path) or ""
        span = function_at(text, line)
        name = span.qualified_name if span else None
        return (path, kind) == (inner, reported) and name == crash.function

    def _reproduction(self, path: str, node: str, source: str) -> Reproduction:
        reason = "A model wrote the test; the harness saw it fail as reported."
        reference = Reference(expectation=Expectation(oracle=Oracle.NO_CRASH, reason=reason))
        files = ReproductionFiles(
            test_files=(FileChange(path=path, content=source),),
            expected=canonical_json(reference).decode(),
        )
        return Reproduction(
            reproduced=True,
            files=self.artifacts.put(canonical_json(files)),
            node_ids=(node,),
            oracle=Oracle.NO_CRASH,
            regression_test=path,
            reason=reason,
        )


def _objected(objection: str) -> Answered:
    effect = Effect.REFUSED if objection.startswith(FORBIDDEN) else Effect.COMPLAINED
    return Answered(effect=effect, text=objection)


def _new_test_path(tests: tuple[str, ...], root: str, source: str) -> str:
    """Return a new file beside the project's tests, the same for the same source."""
    folder = tests[0].rpartition("/")[0] if tests else posixpath.join(root, "tests")
    return posixpath.join(folder, f"test_reported_{digest_of(source)[:10]}.py")


def _counted(path: str, before: str, after: str) -> ChangedFile:
    """Return how many lines an edit adds and removes."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0)
    marks = [line[:1] for line in lines if not line.startswith(("+++", "---", "@@"))]
    return ChangedFile(path=path, added=marks.count("+"), removed=marks.count("-"))
