"""One HTTP session with Jira, by the package `jira` with its own retries off.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ and
https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/. What comes back is foreign: only
its shape is believed, and no message repeats a credential.
"""

import json
import threading
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import requests

from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from suture.jira_settings import JiraSettings
from suture.redaction import scrub

if TYPE_CHECKING:
    from jira import JIRA

MAX_DETAIL = 300
MAX_RETRY_AFTER_SECONDS = 3_600.0
RETRY_AFTER_SECONDS = 30.0
"""Where Jira limits without saying for how long."""
CONNECT_SECONDS = 5.0
REFUSED = {401, 403}
PASSING = {408, 409, 423, 425}
PAGE = 100
MAX_PAGES = 50

Answer = dict[str, Any]


class JiraClient:
    """Calls Jira's REST API, version 3 on Cloud and version 2 on Data Center."""

    def __init__(self, settings: JiraSettings) -> None:
        self._settings = settings
        # A session of `requests` belongs to one thread.
        self._local = threading.local()

    def get(self, path: str, **params: object) -> Any:  # noqa: ANN401 -- Jira's own shape
        """Read something.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as Jira answers.
        """
        return self._call("GET", path, params=params)

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- Jira's own shape
        """Write something, once. `Unreachable` leaves open whether it was done.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as Jira answers.
        """
        return self._call(method, path, body=body)

    def search(self, jql: str, fields: list[str]) -> list[Answer]:
        """Return issues that the index knows; on Cloud it lags behind by seconds to minutes."""
        found = self._attempt(
            lambda: self._connected().search_issues(
                jql, maxResults=PAGE, fields=list(fields), json_result=True
            )
        )
        return objects(found, "issues")

    def clock(self) -> float:
        """Return Jira's time in seconds since 1970."""
        response = self._attempt(lambda: self._request("GET", "serverInfo", None, {}))
        try:
            return parsedate_to_datetime(response.headers["Date"]).timestamp()
        except (KeyError, ValueError) as error:
            raise PermanentError("Jira's answers have no date.") from error

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401 -- Jira's own shape
        def attempt() -> Any:  # noqa: ANN401 -- the same
            response = self._request(method, path, body, params or {})
            return response.json() if response.content else {}

        return self._attempt(attempt)

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, params: Mapping[str, object]
    ) -> requests.Response:
        client = self._connected()
        session = client._session  # noqa: SLF001 -- its methods send no properties with a create
        url = client._get_url(path)  # noqa: SLF001 -- the same
        # A redirected POST would become a GET that seems to have created something.
        response = session.request(
            method,
            url,
            params=dict(params),
            data=None if body is None else json.dumps(body),
            allow_redirects=False,
        )
        if response.is_redirect:
            raise PermanentError("Jira leads elsewhere: set jira.url to where it leads.")
        return response

    def _connected(self) -> "JIRA":
        client = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = _connect(self._settings)
        return cast("JIRA", client)

    def _attempt(self, call: Any) -> Any:  # noqa: ANN401 -- Jira's own shape
        from jira.exceptions import JIRAError  # noqa: PLC0415 -- heavy

        failure: SutureError
        try:
            return call()
        except JIRAError as error:
            failure = self._translate(error.status_code, error.text, _headers(error.response))
        except requests.exceptions.JSONDecodeError:
            failure = Unreachable("Jira answered something that is no JSON.")
        except requests.Timeout:
            failure = Unreachable("Jira took too long to answer.")
        except (requests.RequestException, OSError) as error:
            failure = Unreachable(f"Jira does not answer: {type(error).__name__}.")
        # Outside of the handlers: what the client raised holds headers and bodies.
        raise failure

    def _translate(
        self, status: int | None, text: str | None, headers: Mapping[str, str]
    ) -> SutureError:
        detail = f"Jira answered {status}: {self._harmless(text or '')}"
        code = status or 0
        if code == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited("Jira asks for patience.", retry_after_seconds=_patience(headers))
        if code in REFUSED:
            return NotAuthorised(detail)
        if code == HTTPStatus.NOT_FOUND:
            return NotFound(detail)
        if code in PASSING or code >= HTTPStatus.INTERNAL_SERVER_ERROR or code == 0:
            wait = _patience(headers) if "Retry-After" in headers else None
            return Unreachable(f"Jira answered {status}.", retry_after_seconds=wait)
        return PermanentError(detail)

    def _harmless(self, text: str) -> str:
        secret = self._settings.token.get_secret_value()
        line = " ".join(text.replace(secret, "***").split())
        return scrub(line)[:MAX_DETAIL]


def objects(answer: object, name: str) -> list[Answer]:
    """Return the objects of a list in an answer."""
    found = answer.get(name) if isinstance(answer, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def part(answer: object, *names: str) -> Any:  # noqa: ANN401 -- Jira's own shape
    """Return a part of an answer, or None where there is none."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer


def segment(text: str) -> str:
    """Return a text that is safe as a part of a path."""
    return quote(text, safe="")


def _connect(settings: JiraSettings) -> "JIRA":
    from jira import JIRA  # noqa: PLC0415 -- heavy

    cloud = settings.is_cloud
    token = settings.token.get_secret_value()
    client = JIRA(
        server=settings.url.rstrip("/"),
        options={"rest_api_version": "3" if cloud else "2"},
        basic_auth=(settings.email or "", token) if cloud else None,
        token_auth=None if cloud else token,
        get_server_info=False,
        logging=False,
        max_retries=0,
        timeout=(CONNECT_SECONDS, settings.timeout_seconds),
    )
    # Known from the settings, so that nothing has to be asked; it chooses the way of searching.
    client.deploymentType = "Cloud" if cloud else "Server"
    return client


def _headers(response: object) -> Mapping[str, str]:
    return response.headers if isinstance(response, requests.Response) else {}


def _patience(headers: Mapping[str, str]) -> float:
    try:
        told = float(headers.get("Retry-After", ""))
    except ValueError:
        return RETRY_AFTER_SECONDS
    return min(max(told, 1.0), MAX_RETRY_AFTER_SECONDS) if told == told else RETRY_AFTER_SECONDS  # noqa: PLR0124 -- NaN
