"""Jenkins' Notification plugin, JSON format: builds that fail, and that succeed again.

https://plugins.jenkins.io/notification/
It signs nothing: the password in the endpoint's URL comes as basic authentication. A build's log,
where it is sent, is read like any CI log, so its failed tests and exceptions are evidence.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import unquote

from pydantic import BeforeValidator, Field, JsonValue

from integrations.builds import Number, Text, moment_of, repository_of, some_of
from integrations.inbound import Delivery, Wire, require_credentials
from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertSource, FailedTest, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.traces import bounds
from suture.traces.ci import ENVIRONMENT, find_ci_failure

MAX_LOG_CHARACTERS = 2 * 1024 * 1024
"""What is read of a log: its end, where builds say what failed."""
MAX_FAILED_TESTS = 500
MAX_LISTED_TESTS = 100_000
ENDED = frozenset({"COMPLETED", "FINALIZED"})
"""Phases after a build; both are the same news."""
TRANSITIONS = {
    "FAILURE": Transition.RAISED,
    "UNSTABLE": Transition.RAISED,
    "SUCCESS": Transition.RESOLVED,
}
"""Results that are news; an aborted build says nothing about the code."""
SEVERITIES = {"UNSTABLE": Severity.MEDIUM}
HAPPENED = {"FAILURE": "failed", "UNSTABLE": "is unstable", "SUCCESS": "succeeded"}
CHANGE_REQUEST = re.compile(r"(?:PR|MR)-\d+(?:-(?:head|merge))?", re.ASCII)
"""What multibranch jobs call the builds of pull and merge requests."""
REF = re.compile(r"^(?:refs/(?:heads|remotes)/)?(?:origin/)?")
STAMP = re.compile(r"^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)\] ", re.MULTILINE)
"""What the Timestamper plugin puts before each line of a pipeline."""
FOLDER = re.compile(r"(?:^|/)job/([^/]+)")
JUNIT = re.compile(
    r"(?P<module>(?:[a-z_]\w*\.)*(?:test_\w+|\w+_test))\.(?P<inner>(?:[A-Z]\w*\.)*test\w*)"
)
"""A Python test as JUnit reports name it."""
READER = "jenkins"
"""Stands for the service while the log is read; which one it is, routes say later."""


def _or_nothing(value: JsonValue) -> JsonValue:
    return {} if value is None else value


def _or_none_of(value: JsonValue) -> JsonValue:
    return [] if value is None else value


class Scm(Wire):
    """What was built."""

    url: Text = ""
    branch: Text = ""
    commit: Text = ""


class TestSummary(Wire):
    """What the build's published test reports say."""

    __test__ = False

    failed_tests: Annotated[tuple[str, ...], BeforeValidator(_or_none_of)] = Field(
        default=(), max_length=MAX_LISTED_TESTS
    )


class Build(Wire):
    """One run of the job."""

    phase: Text
    full_url: Text = ""
    url: Text = ""
    number: Number = 0
    status: Text = ""
    timestamp: Text = ""
    log: str | None = None
    scm: Annotated[Scm, BeforeValidator(_or_nothing)] = Scm()
    test_summary: Annotated[TestSummary, BeforeValidator(_or_nothing)] = TestSummary()

    def branch(self) -> str:
        """Return the branch without the remote's name; empty if Jenkins does not say."""
        return REF.sub("", self.scm.branch)

    def log_end(self) -> str:
        """Return the log's end, with times as other CI systems write them."""
        return STAMP.sub(r"\1 ", (self.log or "")[-MAX_LOG_CHARACTERS:])


class Body(Wire):
    """A notification."""

    name: Text = Field(min_length=1)
    url: Text = ""
    build: Build

    def job(self) -> str:
        """Return the job's name with its folders: a multibranch job's own name is its branch."""
        folders = [unquote(unquote(each)) for each in FOLDER.findall(self.url)]
        return "/".join(folders) or self.name


class JenkinsWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.JENKINS

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the secret as password, or as bearer."""
        require_credentials(delivery, secrets)

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return what a build's end tells; other phases tell nothing."""
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
            told = _told(body, delivery)
        return (told,) if told else ()


def _told(body: Body, delivery: Delivery) -> VendorAlert | None:
    build, job, branch = body.build, body.job(), body.build.branch()
    transition = TRANSITIONS.get(build.status)
    names = {branch, job.rpartition("/")[2]}
    if build.phase not in ENDED or transition is None or any(map(CHANGE_REQUEST.fullmatch, names)):
        return None
    raised = transition is Transition.RAISED
    found = _read_log(build, delivery) if raised else None
    tests = _failed_tests(build, found) if raised else ()
    return VendorAlert(
        alert_id=digest_of([build.full_url or build.url or job, build.number, build.status]),
        source=AlertSource.JENKINS,
        group=f"{_root(build)} {job} {branch}".strip(),
        transition=transition,
        title=_title(body, found),
        severity=SEVERITIES.get(build.status, Severity.HIGH),
        occurred_at=moment_of(build.timestamp),
        environment=ENVIRONMENT,
        release=build.scm.commit or None,
        message=f"Failed tests:\n{some_of([each.node_id for each in tests])}" if tests else "",
        log=found.log if found else build.log_end() if raised else "",
        link=build.full_url,
        labels=_labels(body, tests),
        exceptions=found.exceptions if found else (),
        failed_tests=tests,
    )


def _read_log(build: Build, delivery: Delivery) -> Alert | None:
    """Return what the log says of the failure, if it says anything."""
    return find_ci_failure(build.log_end(), service=READER, received_at=delivery.received_at)


def _failed_tests(build: Build, found: Alert | None) -> tuple[FailedTest, ...]:
    """Return what the log names, with what each test said; else what the reports name."""
    if found and found.failed_tests:
        return found.failed_tests
    named = build.test_summary.failed_tests[:MAX_FAILED_TESTS]
    tests = (FailedTest(node_id=bounds.bounded_line(_node_id(name))) for name in named)
    return tuple(test for test in tests if test.node_id)


def _node_id(name: str) -> str:
    """Return pytest's name of a test that a JUnit report names `package.module.Class.test`."""
    dotted, bracket, parameters = name.partition("[")
    match = JUNIT.fullmatch(dotted) if len(name) <= bounds.MAX_TITLE_CHARACTERS else None
    if match is None:
        return name
    path, inner = match["module"].replace(".", "/"), match["inner"].replace(".", "::")
    return f"{path}.py::{inner}{bracket}{parameters}"


def _title(body: Body, found: Alert | None) -> str:
    branch = body.build.branch()
    where = f"{body.job()} on {branch}" if branch else body.job()
    return f"{where} {HAPPENED[body.build.status]}{f': {found.title}' if found else ''}"


def _root(build: Build) -> str:
    """Return the Jenkins that it is, for there may be several."""
    return build.full_url.partition("/job/")[0] if "/job/" in build.full_url else ""


def _labels(body: Body, tests: Sequence[FailedTest]) -> dict[str, str]:
    build = body.build
    labels = {
        "job": body.job(),
        "repository": repository_of(build.scm.url),
        "branch": build.branch(),
        "commit": build.scm.commit,
        "status": build.status,
        "tests": ", ".join(test.node_id for test in tests[:3]),
    }
    return {key: value for key, value in labels.items() if value}
