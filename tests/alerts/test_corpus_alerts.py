"""Every incident of the corpus, as it would arrive, is understood."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from evals.seeded import AlertForm, build_repository, list_cases, load_case
from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.fingerprint import fingerprint
from suture.traces.detect import parse_report
from tests.builders.cases import capture_event

NOW = datetime(2100, 1, 1, tzinfo=UTC)
KINDS = {
    AlertForm.SENTRY: (AlertSource.SENTRY, AlertKind.EXCEPTION),
    AlertForm.TRACEBACK: (AlertSource.TRACEBACK, AlertKind.EXCEPTION),
    AlertForm.CI_LOG: (AlertSource.CI_LOG, AlertKind.TEST_FAILURE),
}


def arrived(name: str, place: Path) -> Alert:
    event = capture_event(build_repository(load_case(name), place / name))
    text = event if isinstance(event, str) else json.dumps(event)
    return parse_report(text, service=name, received_at=NOW)


def test_every_case_is_read_and_told_apart(tmp_path: Path) -> None:
    names = list_cases()
    with ThreadPoolExecutor(2) as pool:
        alerts = dict(
            zip(names, pool.map(lambda name: arrived(name, tmp_path), names), strict=True)
        )
    for name, alert in alerts.items():
        case = load_case(name)
        if case.alert in KINDS:
            assert (alert.source, alert.kind) == KINDS[case.alert], name
        if case.exception and alert.kind is AlertKind.EXCEPTION:
            assert case.exception in {alert.exceptions[-1].type, alert.exceptions[0].type}, name
            assert any(frame.in_app for frame in alert.exceptions[-1].frames), name
        if alert.kind is AlertKind.TEST_FAILURE:
            assert alert.exceptions[-1].frames, name
            assert all("::" in test.node_id for test in alert.failed_tests), name
    assert len({fingerprint(alert) for alert in alerts.values()}) == len(names)
