import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.prometheus.metrics import MAX_LINES, PrometheusMetrics
from suture.domain.service import Service
from suture.ports.metrics import MetricsQuery, ServiceCounters

TEXT = "text/plain; version=0.0.4"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PAGE = """# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="get",status="200"} 90
http_requests_total{method="get",status="404"} 5
http_requests_total{method="post",status="500"} 3 1700000000000
http_requests_total{method="post",status="503"} 2
http_requests_total_created{method="post"} 1
other_metric{status="500"} 77
"""


class Endpoint(BaseHTTPRequestHandler):
    """Answers whatever its server was given."""

    def do_GET(self) -> None:
        answer: Answer = self.server.answer  # type: ignore[attr-defined]
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for chunk in answer.chunks:
            try:
                self.wfile.write(chunk)
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        del format, args


class Answer:
    def __init__(self, *chunks: bytes, kind: str = TEXT, status: int = 200, **more: str) -> None:
        self.status = status
        self.headers = {"content-type": kind, **more}
        self.chunks = chunks


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        server.answer = answer  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/metrics"
        finally:
            server.shutdown()
            thread.join()


def read_of(service: Service, metrics: PrometheusMetrics | None = None) -> ServiceCounters:
    now = datetime.now(UTC)
    return (metrics or PrometheusMetrics()).read(
        MetricsQuery(service=service, since=now - timedelta(minutes=5), until=now)
    )


def read(
    answer: Answer, metrics: PrometheusMetrics | None = None, **settings: object
) -> tuple[int | None, int | None]:
    with serving(answer) as url:
        facts = {"name": "shop", "repository": "shop", "metrics_url": url, **settings}
        counters = read_of(Service.model_validate(facts), metrics)
    return counters.requests, counters.errors


def text(body: str) -> Answer:
    return Answer(body.encode())


def test_requests_and_failed_requests_are_summed_over_label_sets() -> None:
    assert read(text(PAGE)) == (100, 5)


def test_only_the_service_s_labels_are_summed() -> None:
    assert read(text(PAGE), metrics_labels={"method": "post"}) == (5, 5)
    assert read(text(PAGE), metrics_labels={"method": "put"}) == (None, None)


@pytest.mark.parametrize("label", ["status", "code", "status_code"])
def test_errors_are_told_by_any_usual_label(label: str) -> None:
    page = f'hits{{{label}="5xx"}} 2\nhits{{{label}="200"}} 3\nhits{{unrelated="500"}} 1\n'
    assert read(text(page), requests_metric="hits") == (6, 2)


def test_without_such_a_label_errors_are_unknown_rather_than_zero() -> None:
    assert read(text("http_requests_total 7\n")) == (7, None)


def test_openmetrics_is_read_as_well() -> None:
    page = (
        '# TYPE http_requests counter\nhttp_requests_total{status="200"} 4.0\n'
        'http_requests_total{status="500"} 1.0 # {trace_id="x"} 1.0\n# EOF\n'
    )
    assert read(Answer(page.encode(), kind=OPEN)) == (5, 1)
    page = '# TYPE hits unknown\nhits{code="500"} 1\n# EOF\n'
    assert read(Answer(page.encode(), kind=OPEN), requests_metric="hits") == (1, 1)


def test_no_endpoint_is_no_data() -> None:
    counters = read_of(Service(name="shop", repository="shop"))
    assert (counters.requests, counters.errors) == (None, None)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/metrics", "nonsense", "http://[", "file:///"])
def test_an_endpoint_that_does_not_answer_is_no_data(url: str) -> None:
    service = Service(name="shop", repository="shop", metrics_url=url)
    assert read_of(service).requests is None


@pytest.mark.parametrize(
    "page",
    [
        "",
        "other 1\n",
        'http_requests_total{status="500} 1\n',
        "http_requests_total nan\n",
        "http_requests_total +Inf\n",
        "http_requests_total -1\n",
        "http_requests_total 1e300\n",
        "http_requests_total x\n",
        "http_requests_total \n",
        'http_requests_total{status="200"} 5\nhttp_requests_total{status\n',
        "http_requests_total{" + "a" * 10_000 + "} 1\n",
        "http_requests_total 1\n" * (MAX_LINES + 1),
        "\0\ufffd" * 1_000,
    ],
)
@pytest.mark.parametrize("kind", [TEXT, OPEN])
def test_what_cannot_be_read_whole_is_no_data(page: str, kind: str) -> None:
    assert read(Answer(page.encode(), kind=kind)) == (None, None)


@pytest.mark.parametrize("status", [204, 302, 404, 500])
def test_any_answer_but_ok_is_no_data(status: int) -> None:
    assert read(Answer(PAGE.encode(), status=status, location="/elsewhere")) == (None, None)


def test_a_body_without_end_is_cut_off() -> None:
    endless = Answer(*([b"x" * 65_536] * 1_000))
    assert read(endless, PrometheusMetrics(max_bytes=100_000)) == (None, None)


def test_a_compressed_body_is_not_unfolded() -> None:
    squeezed = Answer(gzip.compress(PAGE.encode()))
    squeezed.headers["content-encoding"] = "gzip"
    assert read(squeezed) == (None, None)


def test_an_endpoint_that_takes_too_long_is_no_data() -> None:
    assert read(text(PAGE), PrometheusMetrics(total_seconds=1e-9)) == (None, None)
