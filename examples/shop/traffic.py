"""Sends real requests to a running shop: always the same mixture, at a steady rate, for a while.

One request in five types in a coupon that ran out long ago. Prints one JSON object at the end:
requests by status, and how many did not reach the shop (it restarts when it is deployed).
"""

import argparse
import http.client
import json
import signal
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

MIXTURE = (
    ("POST", "/checkout", {"items": {"mug": 2}}),
    ("GET", "/articles", None),
    ("POST", "/checkout", {"items": {"lamp": 1, "mug": 1}, "coupon": "WELCOME10"}),
    ("POST", "/checkout", {"items": {"rug": 1}, "coupon": "WINTER25"}),
    ("POST", "/checkout", {"items": {"rug": 1, "lamp": 2}, "coupon": " spring15"}),
    ("POST", "/checkout", {"items": {"lamp": 1}}),
    ("POST", "/checkout", {"items": {"mug": 6}}),
    ("GET", "/articles", None),
    ("POST", "/checkout", {"items": {"mug": 1, "lamp": 1}, "coupon": "winter25"}),
    ("POST", "/checkout", {"items": {"boat": 1}}),
)
UNREACHABLE = "unreachable"
MOST_SECONDS = 3600
MOST_PER_SECOND = 500


def drive(url: str, seconds: float, per_second: float, stop: threading.Event) -> dict[str, int]:
    """Send requests until the time is up or `stop` is set; return their number by status."""
    interval = 1 / min(per_second, MOST_PER_SECOND)
    begin = time.monotonic()
    end = begin + min(seconds, MOST_SECONDS)
    counted: Counter[str] = Counter()
    number = 0
    while not stop.is_set():
        due = begin + number * interval
        if due >= end or stop.wait(max(0.0, due - time.monotonic())):
            break
        counted[send(url, *MIXTURE[number % len(MIXTURE)])] += 1
        number += 1
    return dict(sorted(counted.items()))


def send(url: str, method: str, path: str, payload: dict | None) -> str:
    """Send one request and return the answer's status."""
    host = urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=5)
    try:
        body = None if payload is None else json.dumps(payload)
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return UNREACHABLE
    else:
        return str(answer.status)
    finally:
        connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--seconds", type=float, default=30.0, help=f"at most {MOST_SECONDS}")
    parser.add_argument("--rate", type=float, default=20.0, help="requests per second")
    options = parser.parse_args()
    if options.seconds <= 0 or options.rate <= 0:
        parser.error("seconds and rate are above 0")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print(json.dumps(drive(options.url, options.seconds, options.rate, stop)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
