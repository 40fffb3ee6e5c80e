"""People who visit a console, and the incidents they find there."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from apps.console.router import console_router
from apps.decisions import token_digest
from suture.domain.approval import Decision, Role
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution
from suture.settings import GatewaySettings, Settings, TemporalSettings, UserSettings
from tests.console.canned import DECISION_KEY, Canned, CannedIncident
from workers.parts import Parts
from workflows.chronicle import SERVICE, SEVERITY, STAGE
from workflows.messages import TITLE_MEMO

QUEUE = "console-tests"
MANY_ATTEMPTS = 100
ORIGIN = "http://console.test"
TOKENS = {"vera": "vera-token", "anna": "anna-token", "root": "root-token"}
ROLES = {"vera": Role.VIEWER, "anna": Role.APPROVER, "root": Role.ADMIN}


def settings_in(
    directory: Path, public_url: str = ORIGIN, body_timeout_seconds: float = 60.0
) -> Settings:
    return Settings(
        state_dir=directory,
        decision_key=SecretStr(DECISION_KEY.decode()),
        gateway=GatewaySettings(public_url=public_url, body_timeout_seconds=body_timeout_seconds),
        temporal=TemporalSettings(ui_url="http://temporal.test:8233"),
        users={
            name: UserSettings(role=ROLES[name], token_sha256=token_digest(token))
            for name, token in TOKENS.items()
        },
    )


@dataclass
class Page:
    """A page as a person, or their browser, sees it."""

    response: httpx.Response

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.html)).split())

    def fields(self, action: str) -> dict[str, str]:
        """Return the hidden fields of the form that goes there."""
        form = re.search(rf'<form[^>]*action="[^"]*{action}".*?</form>', self.html, re.DOTALL)
        assert form is not None, f"no form for {action}"
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
        return {name: unescape(value) for name, value in hidden}

    @property
    def buttons(self) -> list[str]:
        return re.findall(r'<button[^>]*name="kind" value="([^"]*)"', self.html)


@dataclass
class Visitor:
    """Somebody with a browser."""

    http: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> Page:
        return Page(await self.http.get(f"/console{path}", headers=headers))

    async def post(self, path: str, fields: dict[str, str]) -> Page:
        return Page(await self.http.post(f"/console{path}", data=fields))

    async def log_in(self, name: str, following: str = "/") -> Page:
        form = (await self.get(f"/login?next={following}")).fields("/login")
        return await self.post("/login", {**form, "token": TOKENS.get(name, name)})

    async def decide(self, page: Page, kind: str, comment: str = "") -> Page:
        """Press a button on this page."""
        action = re.search(r'action="/console([^"]*/decisions)"', page.html)
        assert action is not None
        fields = page.fields("/decisions")
        return await self.post(action[1], {**fields, "kind": kind, "comment": comment})


@dataclass
class World:
    """A console with what is behind it."""

    client: Client
    parts: Parts
    started: list[WorkflowHandle[CannedIncident, Resolution]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.include_router(console_router(self.parts, self.client))
        return app

    @contextlib.asynccontextmanager
    async def visitor(self, name: str = "") -> AsyncIterator[Visitor]:
        """Yield somebody; with a name, they are logged in."""
        transport = httpx.ASGITransport(app=self.app())
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            visitor = Visitor(http)
            if name:
                page = await visitor.log_in(name)
                assert page.response.status_code == 303
            yield visitor

    async def start(
        self, report: IncidentReport, *, ended: bool = False
    ) -> WorkflowHandle[CannedIncident, Resolution]:
        handle = await self.client.start_workflow(
            CannedIncident.run,
            Canned(report=report, ended=ended),
            id=report.key.incident_id,
            task_queue=QUEUE,
            memo={TITLE_MEMO: report.summary.title},
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(SERVICE, report.key.service),
                    SearchAttributePair(STAGE, report.summary.stage),
                    SearchAttributePair(SEVERITY, report.summary.severity),
                ]
            ),
        )
        if ended:
            await handle.result()
        else:
            self.started.append(handle)
        return handle

    async def close(self) -> None:
        while self.started:
            await self.started.pop().terminate()


async def until_held_back(attempt: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Attempt until that was too often. On a slow machine it is later: attempts come back."""
    answers = [await attempt()]
    while answers[-1].status_code != httpx.codes.TOO_MANY_REQUESTS:
        assert len(answers) < MANY_ATTEMPTS, "nobody is held back"
        answers.append(await attempt())
    return answers


async def decisions(handle: WorkflowHandle[CannedIncident, Resolution]) -> list[Decision]:
    return await handle.query(CannedIncident.show_decisions)
