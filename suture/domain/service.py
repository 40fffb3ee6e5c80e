"""The service catalogue: what Suture knows of each service it watches over."""

from enum import StrEnum

from pydantic import Field

from suture.domain.value import Folder, Slug, Value


class ToolchainName(StrEnum):
    """The toolchains whose tests Suture knows how to start and to read."""

    PYTEST = "pytest"
    UNITTEST = "unittest"
    NODE = "node"
    """The runner that comes with Node.js, `node --test`."""
    JEST = "jest"
    VITEST = "vitest"
    MOCHA = "mocha"
    GO = "go"
    MAVEN = "maven"
    GRADLE = "gradle"


class Service(Value):
    """One service, its code and how to test it. Holds no secret: it travels in histories."""

    name: Slug
    repository: str
    """The code host's name for it: a path for the local host, `owner/name` elsewhere."""
    clone_url: str | None = None
    """Where git fetches from, if that is not the repository itself."""
    base_branch: str = "main"
    root: Folder = ""
    """Where the service lies in its repository."""
    toolchain: ToolchainName | None = None
    """What tests it; unset: found by the test command and the files in `root`."""
    test_command: str = ""
    """Shell command, run in the sandbox from `root` without network; empty: the toolchain's own,
    such as `python -m pytest -q`, `npm test` or `go test ./...`."""
    setup_command: str | None = None
    """Shell command that installs dependencies into `$VIRTUAL_ENV`; unset: found by lock files."""
    environment: str = "production"
    owners: tuple[str, ...] = ()
    path_prefixes: tuple[str, ...] = ("/app/", "/srv/", "/usr/src/app/")
    """Prefixes of deployed file names that are stripped to find the file in the repository."""
    metrics_url: str | None = None
    """A Prometheus-format endpoint of the running service."""
    requests_metric: str = "http_requests_total"
    """Counter of requests; its label `status` or `code` tells errors (5xx)."""
    metrics_labels: dict[str, str] = Field(default_factory=dict)

    @property
    def remote(self) -> str:
        """Where git fetches from."""
        return self.clone_url or self.repository
