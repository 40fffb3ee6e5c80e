"""Sentry's other side: takes in what an app's SDK sends, and alerts an integration of each event.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/issue-alerts/
"""

import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.examples.receiver import Receiver, receiving
from tests.fakes.tls import TLS
from tests.vendors.sentry_samples import ISSUE, ORGANISATION, body

Event = dict[str, Any]
SENDERS = 16


class SentryAlerts:
    """Events in by the SDK's protocol, signed `event_alert` webhooks out."""

    def __init__(self, receiver: Receiver, hook: str, secret: str) -> None:
        self._receiver = receiver
        self._hook = hook
        self._secret = secret
        self._begun = threading.Event()
        self._stopped = False
        self.enrich: Callable[[Event], Event] = dict
        """Adds to each event before it is told, as SDKs in other apps would."""
        self.answers: list[int] = []
        """Statuses that the integration gave."""

    @property
    def dsn(self) -> str:
        """What the app is configured with."""
        return f"http://key@127.0.0.1:{self._receiver.server_port}/1"

    def begin(self) -> None:
        """Tell of what has come, and from then on of each event at once."""
        self._begun.set()

    def stop(self) -> None:
        """Tell of nothing more."""
        self._stopped = True
        self._begun.set()
        self._receiver.events.put({})

    def alert_of_each(self) -> None:
        """Tell of events until an empty one comes."""
        self._begun.wait()
        # Sentry waits for nobody: a delivery that is answered late holds up no other.
        with httpx.Client(verify=TLS, timeout=10) as http, ThreadPoolExecutor(SENDERS) as senders:
            while event := self._receiver.next_event(None):
                if not self._stopped:
                    senders.submit(self._tell, http, self.enrich(event))

    def _tell(self, http: httpx.Client, event: Event) -> None:
        """Send it, signed."""
        content = json.dumps(body("triggered", event=_stored(event), triggered_rule="Any")).encode()
        signature = hmac.new(self._secret.encode(), content, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Sentry-Hook-Resource": "event_alert",
            "Sentry-Hook-Signature": signature,
        }
        self.answers.append(http.post(self._hook, content=content, headers=headers).status_code)


def _stored(event: Event) -> Event:
    page = f"{ORGANISATION}/issues/{ISSUE}/events/{event['event_id']}/"
    return {**event, "issue_id": ISSUE, "project": 1, "web_url": page}


@contextlib.contextmanager
def alerting(hook: str, secret: str) -> Iterator[SentryAlerts]:
    """Take events in while the context is open, and tell the integration at this URL of them."""
    with receiving() as receiver:
        sentry = SentryAlerts(receiver, hook, secret)
        thread = threading.Thread(target=sentry.alert_of_each)
        thread.start()
        try:
            yield sentry
        finally:
            sentry.stop()
            thread.join()
