"""Pages by PagerDuty's Events API v2, whose deduplication key makes a repeated trigger one alert.

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import httpx

from integrations.pagerduty.marks import marked
from suture.domain.alert import Severity
from suture.errors import NotAuthorised, NotFound, PermanentError, RateLimited, Unreachable
from suture.pagerduty_settings import PagerDutySettings
from suture.ports.pager import Page

MAX_KEY = 255
PATIENCE_SECONDS = 60.0
MAX_PATIENCE_SECONDS = 3_600.0
SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}


class PagerDuty:
    """Implements `suture.ports.pager.Pager`."""

    def __init__(self, settings: PagerDutySettings) -> None:
        self._settings = settings

    def page(self, page: Page) -> None:
        """Trigger an alert, or add to the one that is open under this key."""
        links = [{"href": link.url, "text": link.title} for link in page.links]
        event = {
            "event_action": "trigger",
            "dedup_key": page.key[:MAX_KEY],
            "payload": {
                "summary": marked(page.summary, page.key),
                "source": "suture",
                "severity": SEVERITIES[page.severity],
                "custom_details": {"case": page.key},
            },
            "links": links,
            "client": "Suture",
            **({"client_url": links[0]["href"]} if links else {}),
        }
        self._send(event)

    def stand_down(self, key: str) -> None:
        """Resolve the alert of this key; PagerDuty drops it if there is none."""
        self._send({"event_action": "resolve", "dedup_key": key[:MAX_KEY]})

    def _send(self, event: dict[str, Any]) -> None:
        content = {"routing_key": self._settings.routing_key.get_secret_value(), **event}
        try:
            # In a thread of its own: the caller's may run a loop already.
            with ThreadPoolExecutor(1) as own:
                answer = own.submit(asyncio.run, self._post(content)).result()
        except httpx.InvalidURL:
            raise PermanentError("PagerDuty's address cannot be understood.") from None
        except (httpx.HTTPError, OSError) as error:
            # What the client raised holds the request, and with it the key.
            raise Unreachable(f"PagerDuty does not answer: {type(error).__name__}.") from None
        if answer.status_code != HTTPStatus.ACCEPTED:
            _refuse(answer)

    async def _post(self, content: dict[str, Any]) -> httpx.Response:
        """Return the answer without its body, which nobody needs and which may never end.

        Raises:
            TimeoutError: the time for all of it is over; the client's own is for each step.
        """
        url, seconds = f"{self._settings.events_url}/v2/enqueue", self._settings.timeout_seconds
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(timeout=seconds, follow_redirects=False) as http,
            http.stream("POST", url, json=content) as answer,
        ):
            return answer


def _refuse(answer: httpx.Response) -> None:
    """Raise what the answer means; its body may repeat what was sent and is not shown."""
    status = answer.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = _patience(answer.headers.get("retry-after", ""))
        raise RateLimited("PagerDuty asks for patience.", retry_after_seconds=seconds)
    if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unreachable(f"PagerDuty answered {status}.")
    if status in REFUSED:
        raise NotAuthorised(f"PagerDuty answered {status}: check pagerduty.routing_key.")
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("PagerDuty answered 404: check pagerduty.events_url.")
    raise PermanentError(f"PagerDuty answered {status}: check pagerduty.routing_key.")


def _patience(told: str) -> float:
    try:
        seconds = float(told)
    except ValueError:
        return PATIENCE_SECONDS
    # A comparison that NaN fails, too.
    return min(max(seconds, 1.0), MAX_PATIENCE_SECONDS) if seconds > 0 else PATIENCE_SECONDS
