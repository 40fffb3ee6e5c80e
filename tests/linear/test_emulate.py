"""Webhooks that somebody else's Linear sends: npm's `emulate`, which signs as Linear does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import httpx
import pytest

from integrations.inbound import Delivery
from integrations.linear.news import LinearNews
from integrations.linear.webhook import LinearWebhook
from suture.domain.inbound import Transition
from suture.domain.news import TicketNews
from suture.errors import NotAuthorised
from suture.hostile_json import parse_object
from tests.peers.emulate import running
from tests.vendors.linear_samples import TRACEBACK

SECRET = "a-signing-secret-of-the-tests"
TOKEN = "a-token-of-the-tests"
TEAM, LABEL = "b1c2d3e4-0000-4000-8000-00000000000a", "b1c2d3e4-0000-4000-8000-00000000000b"
PATIENCE_SECONDS = 90.0
SEED = {
    "tokens": {TOKEN: {"login": "ada@acme.example", "scopes": ["admin"]}},
    "linear": {
        "users": [{"email": "ada@acme.example", "name": "Ada", "admin": True}],
        "teams": [{"id": TEAM, "key": "SHOP", "name": "Shop"}],
        "labels": [{"id": LABEL, "name": "suture-fix", "team": "SHOP"}],
    },
}
SUBSCRIBE = "mutation($input: WebhookCreateInput!) { webhookCreate(input: $input) { success } }"
CREATE = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id } } }"
COMMENT = "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success } }"


@contextmanager
def listening() -> Iterator[tuple[str, "Queue[Delivery]"]]:
    """Take deliveries, as they come."""
    taken: Queue[Delivery] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            taken.put(Delivery(headers=headers, body=body, received_at=datetime.now(UTC)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(server: str, document: str, **given: object) -> Any:  # noqa: ANN401 -- Linear's own shape
    """Do something as a person."""
    body = {"query": document, "variables": {"input": given}}
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = httpx.post(f"{server}/graphql", json=body, headers=headers, timeout=PATIENCE_SECONDS)
    told = answer.raise_for_status().json()
    assert "errors" not in told, told
    return told["data"]


def test_what_emulate_sends_is_authentic_an_alert_and_news() -> None:
    webhook = LinearWebhook()
    with running("linear", SEED) as url, listening() as (place, taken):
        hook = {"teamId": TEAM, "secret": SECRET, "resourceTypes": ["Issue", "Comment"]}
        ask(url, SUBSCRIBE, url=place, enabled=True, **hook)
        words = {"title": "Carts break", "description": TRACEBACK, "labelIds": [LABEL]}
        made = ask(url, CREATE, teamId=TEAM, priority=2, **words)
        created = taken.get(timeout=PATIENCE_SECONDS)
        ask(url, COMMENT, issueId=made["issueCreate"]["issue"]["id"], body="For everybody.")
        commented = taken.get(timeout=PATIENCE_SECONDS)
    for delivery in (created, commented):
        webhook.authenticate(delivery, (SECRET,))
        late = delivery.received_at + timedelta(minutes=5)
        for forged in (
            Delivery(headers=delivery.headers, body=delivery.body + b" ", received_at=late),
            Delivery(headers=delivery.headers, body=delivery.body, received_at=late),
            Delivery(headers={}, body=delivery.body, received_at=delivery.received_at),
        ):
            with pytest.raises(NotAuthorised):
                webhook.authenticate(forged, (SECRET,))
        with pytest.raises(NotAuthorised):
            webhook.authenticate(delivery, ("another",))
    (alert,) = webhook.read(parse_object(created.body), created)
    assert (alert.transition, alert.title) == (Transition.RAISED, "Carts break")
    assert alert.exceptions[-1].type == "ZeroDivisionError"
    assert webhook.read(parse_object(commented.body), commented) == ()
    news = LinearNews().read_news(parse_object(commented.body), commented)
    assert news == (TicketNews(ticket_id="SHOP-1"),)
