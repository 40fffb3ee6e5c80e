"""Events of Node, the JVM and Go by Sentry's webhook lead to the code."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.envelopes import NOW
from evals.seeded import build_with_noise, event_text, load_case
from integrations.git.source import GitSources
from integrations.sentry.webhook import SentryWebhook
from suture.domain.alert import Alert
from suture.domain.service import Service
from suture.localisation.evidence import Scene, collect_evidence
from suture.traces.vendor import alert_of
from tests.builders.stage import Stage
from tests.vendors.deliveries import read
from tests.vendors.sentry_samples import about, body

GO = {
    "go.mod": "module example.com/shop\n",
    "cart/cart.go": "package cart\n\nfunc Total(prices []int) int {\n\treturn prices[3]\n}\n",
    "main.go": 'package main\n\nimport "example.com/shop/cart"\n\nfunc main() {\n'
    "\tcart.Total(nil)\n}\n",
}
GO_EVENT: dict[str, Any] = {
    "event_id": "c" * 32,
    "platform": "go",
    "level": "fatal",
    "sdk": {"name": "sentry.go", "version": "0.40.0"},
    "exception": {
        "values": [
            {
                "type": "runtime.boundsError",
                "value": "runtime error: index out of range [3] with length 0",
                "stacktrace": {
                    "frames": [
                        {
                            "function": "main",
                            "module": "main",
                            "filename": "main.go",
                            "abs_path": "/build/main.go",
                            "lineno": 6,
                            "in_app": True,
                        },
                        {
                            "function": "Total",
                            "module": "example.com/shop/cart",
                            "filename": "cart.go",
                            "abs_path": "/build/cart/cart.go",
                            "lineno": 4,
                            "in_app": True,
                        },
                        {
                            "function": "goPanicIndex",
                            "module": "runtime",
                            "abs_path": "/usr/local/go/src/runtime/panic.go",
                            "lineno": 115,
                            "in_app": False,
                        },
                    ]
                },
            }
        ]
    },
}


def by_webhook(event: dict[str, Any]) -> Alert:
    [told] = read(SentryWebhook(), body("triggered", event=event), about("event_alert"))
    return alert_of(told, service="shop", environment="production", received_at=NOW)


@pytest.mark.parametrize(
    ("name", "crash", "types"),
    [
        ("js-bumped-package", ("src/labels.js", "labelFor"), ["TypeError"]),
        (
            "java-unlisted-zone",
            ("src/main/java/example/shop/parcels/Tariff.java", "Tariff.price"),
            ["NullPointerException", "IllegalStateException"],
        ),
    ],
)
def test_an_event_of_another_language_leads_to_the_code(
    name: str, crash: tuple[str, str], types: list[str], tmp_path: Path
) -> None:
    built = build_with_noise(load_case(name), tmp_path / "repository")
    alert = by_webhook(json.loads(event_text(built)))
    repository = GitSources(tmp_path / "mirrors").open(str(built.path))
    repository.refresh()
    service = Service(name="shop", repository=str(built.path))
    evidence = collect_evidence(alert, Scene(repository=repository, service=service))
    assert [each.type for each in alert.exceptions] == types
    assert evidence.deployed_sha == built.head_sha
    assert evidence.crash is not None
    assert (evidence.crash.path, evidence.crash.function) == crash


def test_an_event_of_go_leads_to_the_code(stage: Stage) -> None:
    stage.commit(GO)
    evidence = stage.evidence(by_webhook(GO_EVENT))
    assert [(each.path, each.line) for each in evidence.path] == [
        ("main.go", 6),
        ("cart/cart.go", 4),
    ]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)
