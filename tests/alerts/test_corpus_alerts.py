"""Every incident of the corpus, as it would arrive, is understood."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from evals.alerts import alert_in
from evals.case import Prepared, Truth
from evals.seeded import AlertForm, build_repository, event_text, list_cases, load_case
from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.domain.resolution import ResolutionKind
from suture.fingerprint import fingerprint

NOW = datetime(2100, 1, 1, tzinfo=UTC)
NO_TRUTH = Truth(wanted=(ResolutionKind.NOT_CODE,))
KINDS = {
    AlertForm.SENTRY: (AlertSource.SENTRY, AlertKind.EXCEPTION),
    AlertForm.TRACEBACK: (AlertSource.TRACEBACK, AlertKind.EXCEPTION),
}


def arrived(name: str, place: Path) -> Alert:
    built = build_repository(load_case(name), place / name)
    vendor = AlertSource.ALERTMANAGER if built.case.alert is AlertForm.ALERTMANAGER else None
    prepared = Prepared(
        repository=built.path, event=event_text(built), vendor=vendor, truth=NO_TRUTH
    )
    return alert_in(prepared, service=name, received_at=NOW)


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
        if case.alert is AlertForm.CI_LOG:
            assert alert.source is AlertSource.CI_LOG, name
            assert alert.failed_tests or alert.exceptions, name
        if case.exception and alert.kind is AlertKind.EXCEPTION:
            assert case.exception in {alert.exceptions[-1].type, alert.exceptions[0].type}, name
            assert alert.exceptions[-1].frames, name
        if alert.kind is AlertKind.TEST_FAILURE:
            assert alert.exceptions[-1].frames, name
            assert all("::" in test.node_id for test in alert.failed_tests), name
    # Two faults may make the same test fail.
    others = [alert for alert in alerts.values() if alert.kind is not AlertKind.TEST_FAILURE]
    assert len({fingerprint(alert) for alert in others}) == len(others)
