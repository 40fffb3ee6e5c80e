"""A real Prometheus server, with a past of ours, is asked for that past."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from integrations.prometheus.queries import PrometheusQueries
from suture.domain.service import Service
from suture.errors import PermanentError
from suture.ports.metrics import MetricsQuery, ServiceCounters
from suture.prometheus_settings import PrometheusSettings
from tests.builders.ports import quiet_port

PLACES = os.pathsep.join((os.environ["PATH"], "/usr/bin"))
PROMETHEUS, PROMTOOL = (shutil.which(name, path=PLACES) for name in ("prometheus", "promtool"))
PATIENCE_SECONDS = 90.0
END = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
"""Two hours ago, at the full hour."""
MINUTES = 60
SERVICE = Service(name="shop", repository="acme/shop")

pytestmark = pytest.mark.skipif(
    not (PROMETHEUS and PROMTOOL), reason="needs Debian's package prometheus, or the same programs"
)


def past() -> str:
    """Return an hour: a request a second in two pods, of which one restarts halfway."""
    lines = ["# TYPE http_requests counter"]
    for pod, restart in (("a", None), ("b", MINUTES // 2)):
        for minute in range(MINUTES + 1):
            at = (END - timedelta(minutes=MINUTES - minute)).timestamp()
            counted = minute - restart if restart and minute >= restart else minute
            labels = f'job="shop",pod="{pod}",status="200"'
            lines.append(f"http_requests_total{{{labels}}} {30 * counted} {at:.0f}")
    for minute in range(MINUTES + 1):
        at = (END - timedelta(minutes=MINUTES - minute)).timestamp()
        lines.append(f'http_requests_total{{job="till",pod="c",status="500"}} {minute} {at:.0f}')
    return "\n".join([*lines, "# EOF", ""])


@contextlib.contextmanager
def prometheus(directory: Path) -> Iterator[str]:
    text, storage, config = (directory / name for name in ("past.txt", "data", "empty.yml"))
    text.write_text(past(), encoding="utf-8")
    config.write_text("global: {}\n", encoding="utf-8")
    command = [str(PROMTOOL), "tsdb", "create-blocks-from", "openmetrics", str(text), str(storage)]
    subprocess.run(command, check=True, capture_output=True)
    address = f"127.0.0.1:{quiet_port()}"
    command = [
        str(PROMETHEUS),
        f"--config.file={config}",
        f"--storage.tsdb.path={storage}",
        f"--web.listen-address={address}",
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            until_ready(f"http://{address}", directory / "log")
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait()


def until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/-/ready").is_success:
                return
        time.sleep(0.05)
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("prometheus")) as url:
        yield url


def read(url: str, service: Service, minutes: int, **more: object) -> ServiceCounters:
    settings = PrometheusSettings.model_validate({"url": url, **more})
    query = MetricsQuery(service=service, since=END - timedelta(minutes=minutes), until=END)
    return PrometheusQueries(settings).read(query)


def test_the_default_queries_count_a_window_of_the_past_over_restarts(server: str) -> None:
    counters = read(server, SERVICE, 40)
    # The counter that restarted lost what it had counted in the minute of the restart.
    assert counters.requests is not None
    assert 2_300 <= counters.requests <= 2_400
    assert counters.errors == 0


def test_errors_are_told_apart(server: str) -> None:
    till = Service(name="till", repository="acme/till")
    counters = read(server, till, 40)
    assert (counters.requests, counters.errors) == (40, 40)


def test_a_service_that_nobody_scrapes_has_no_data_and_no_health(server: str) -> None:
    counters = read(server, Service(name="depot", repository="acme/depot"), 40)
    assert (counters.requests, counters.errors) == (None, None)


def test_rates_of_the_past_are_added_up(server: str) -> None:
    query = 'sum(rate(http_requests_total{job="$service"}[2m]))'
    counters = read(server, SERVICE, 20, requests=query, errors=None, per_second=True)
    assert counters.requests is not None
    assert abs(counters.requests - 1_200) < 60


def test_a_query_that_is_none_is_refused_with_its_reason(server: str) -> None:
    with pytest.raises(PermanentError, match="parse error"):
        read(server, SERVICE, 20, requests="sum(x[$window]")


def test_the_check_finds_it_there_with_its_clock(server: str) -> None:
    queries = PrometheusQueries(PrometheusSettings(url=server))
    found = {one.name: one.ok for one in queries.findings((SERVICE,))}
    # Nothing has been scraped in the last minutes.
    assert found == {
        "Prometheus": True,
        "clock against Prometheus's": True,
        "Prometheus metrics of shop": False,
    }
