"""Settings become adapters here, and nowhere else. Importing this module does nothing."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.database import open_database
from integrations.filesystem.artifacts import DirectoryArtifacts
from integrations.git.source import GitSources
from integrations.local.chat import LocalChat
from integrations.local.code_host import LocalCodeHost
from integrations.local.deployments import LocalDeployments
from integrations.local.event_metrics import LocalEventMetrics
from integrations.local.ledger import LocalLedger, ensure_signing_key
from integrations.local.memory import LocalMemory
from integrations.local.problems import LocalProblems
from integrations.local.tracker import LocalTracker
from suture.domain.service import Service
from suture.policy.model import Policy
from suture.ports.chat import Chat
from suture.ports.code_host import CodeHost
from suture.ports.enrichment import Enrichment
from suture.ports.metrics import EventMetrics, ServiceMetrics
from suture.ports.model import Model
from suture.ports.pager import Pager
from suture.ports.source import SourceRepositories
from suture.ports.tracker import Tracker
from suture.settings import Settings, load_policy, package_client_settings
from workers.choosing import (
    Embedded,
    choose_chat,
    choose_code_host,
    choose_pager,
    choose_sources,
    choose_tracker,
)
from workers.choosing_enrichment import choose_enrichment
from workers.choosing_metrics import choose_event_metrics, choose_service_metrics
from workers.choosing_model import choose_model


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Every adapter of one process, behind its port."""

    settings: Settings
    policy: Policy
    catalogue: dict[str, Service]
    engine: Engine
    artifacts: DirectoryArtifacts
    sources: SourceRepositories
    sandbox: BubblewrapSandbox
    model: Model
    tracker: Tracker
    code_host: CodeHost
    chat: Chat
    pager: Pager | None
    embedded: Embedded
    deployments: LocalDeployments
    event_metrics: EventMetrics
    service_metrics: ServiceMetrics
    enrichment: Enrichment
    problems: LocalProblems
    memory: LocalMemory
    ledger: LocalLedger
    decision_key: bytes

    @property
    def console_url(self) -> str:
        """Where people open pages about incidents."""
        return f"{self.settings.gateway.public_url.rstrip('/')}/console"

    def close(self) -> None:
        """Give the database back."""
        self.engine.dispose()


def build_parts(settings: Settings) -> Parts:
    """Build every adapter that the settings choose.

    Raises:
        SettingsError: a setting is missing or wrong.
        Unreachable: the database does not answer.
    """
    state = settings.state_dir.absolute()
    state.mkdir(parents=True, exist_ok=True)
    engine = open_database(settings.database_url or f"sqlite:///{state / 'suture.db'}")
    console = f"{settings.gateway.public_url.rstrip('/')}/console"
    problems = LocalProblems(engine)
    embedded = Embedded(
        tracker=LocalTracker(engine, console),
        code_host=LocalCodeHost(engine, console),
        chat=LocalChat(engine, console),
    )
    return Parts(
        settings=settings,
        policy=load_policy(settings),
        catalogue=settings.catalogue(),
        engine=engine,
        artifacts=DirectoryArtifacts(state / "artifacts"),
        sources=choose_sources(settings, GitSources(state / "sources")),
        sandbox=BubblewrapSandbox(state / "sandbox", package_settings=package_client_settings()),
        model=choose_model(settings.model, state),
        tracker=choose_tracker(settings, embedded, engine),
        code_host=choose_code_host(settings, embedded, engine),
        chat=choose_chat(settings, embedded),
        pager=choose_pager(settings),
        embedded=embedded,
        deployments=LocalDeployments(engine),
        event_metrics=choose_event_metrics(settings, LocalEventMetrics(engine), problems),
        service_metrics=choose_service_metrics(settings),
        enrichment=choose_enrichment(settings),
        problems=problems,
        memory=LocalMemory(engine),
        ledger=LocalLedger(engine, state / "keys" / "ledger.key"),
        decision_key=_decision_key(settings, state),
    )


def _decision_key(settings: Settings, state: Path) -> bytes:
    if settings.decision_key is not None:
        return settings.decision_key.get_secret_value().encode()
    return ensure_signing_key(state / "keys" / "decision.key")
