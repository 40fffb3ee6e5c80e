"""Sentry events of services that are not written in Python."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from suture.domain.alert import Alert
from suture.traces.detect import parse_report

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def read(platform: str, *frames: dict[str, JsonValue], name: str = "Error") -> Alert:
    value = {"type": name, "value": "x", "stacktrace": {"frames": list(frames)}}
    event = {"event_id": "a" * 32, "platform": platform, "exception": {"values": [value]}}
    return parse_report(json.dumps(event), service="shop", received_at=NOW)


@pytest.mark.parametrize(
    ("platform", "frame", "filename", "own"),
    [
        (
            "javascript",
            {
                "filename": "./src/cart.ts",
                "abs_path": "webpack://shop/./src/cart.ts",
                "function": "total",
                "lineno": 12,
                "context_line": "  return cart.price;",
            },
            "src/cart.ts",
            True,
        ),
        (
            "javascript",
            {
                "filename": "src/cart.ts",
                "abs_path": "https://shop.example/static/main.abc.js",
                "lineno": 3,
            },
            "src/cart.ts",
            True,
        ),
        (
            "javascript",
            {"abs_path": "https://shop.example/static/main.js?v=3", "lineno": 3},
            "https://shop.example/static/main.js",
            True,
        ),
        ("node", {"filename": "node:internal/process/task_queues", "lineno": 95},
         "node:internal/process/task_queues", False),
        ("node", {"filename": "/app/node_modules/express/lib/router.js", "lineno": 95},
         "/app/node_modules/express/lib/router.js", False),
        ("go", {"abs_path": "/app/cart/cart.go", "filename": "cart.go", "lineno": 7,
                "module": "example.com/shop/cart", "function": "(*Cart).Total"},
         "/app/cart/cart.go", True),
        ("go", {"abs_path": "/usr/local/go/src/net/http/server.go", "lineno": 7,
                "module": "net/http"}, "/usr/local/go/src/net/http/server.go", False),
        ("java", {"filename": "Cart.java", "module": "com.shop.Cart$Row", "lineno": 7},
         "com/shop/Cart.java", True),
        ("java", {"filename": "List.java", "module": "java.util.List", "lineno": 7},
         "java/util/List.java", False),
        ("java", {"filename": "Main.java", "lineno": 7}, "Main.java", True),
    ],
)  # fmt: skip
def test_frames_are_named_and_told_apart_by_their_language(
    platform: str,
    frame: dict[str, JsonValue],
    filename: str,
    own: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    [found] = read(platform, frame).exceptions[0].frames
    assert (found.filename, found.in_app) == (filename, own)
    assert read(platform, {**frame, "in_app": not own}).exceptions[0].frames[0].in_app is not own
