"""The policy file, validated; its JSON Schema is `docs/reference/policy.schema.json`."""

from enum import StrEnum

from pydantic import Field

from suture.domain.alert import Severity
from suture.domain.approval import Role
from suture.domain.value import Value


class Autonomy(StrEnum):
    """How far Suture may go on its own. Merging always needs a human."""

    OBSERVE = "observe"
    """Ticket and diagnosis only. Tests show the fault where they can, and nothing is repaired."""
    PROPOSE = "propose"
    """Up to a pull request, then ask."""


class Strategies(Value):
    """Which ways of fixing may be tried, in this order."""

    patterns: bool = True
    models: tuple[str, ...] = ()
    """litellm model strings, cheap to strong. Empty: no model is ever called."""
    verified_needs_oracle: bool = True
    """Refuse a fix when only "it no longer crashes" speaks for it."""
    verified_needs_coverage: bool = False
    """Refuse a fix of which some changed statement was seen to be run by no test."""

    @property
    def can_repair(self) -> bool:
        """Whether any way of fixing may be tried."""
        return self.patterns or bool(self.models)


class BlastRadius(Value):
    """Where and how much a patch may change. Globs as in `.gitignore`."""

    allowed_paths: tuple[str, ...] = ("**",)
    forbidden_paths: tuple[str, ...] = (
        ".git/**",
        ".github/**",
        ".gitlab-ci.yml",
        ".circleci/**",
        "Jenkinsfile",
        "**/Dockerfile*",
        "**/docker-compose*.y*ml",
        "**/*.tf",
        "**/k8s/**",
        "**/helm/**",
        "**/migrations/**",
        "**/.env*",
        "**/*.pem",
        "**/*.key",
        "**/*.lock*",
        "**/*-lock.*",
        "**/requirements*.txt",
        "**/pyproject.toml",
        "**/setup.cfg",
        "**/setup.py",
        "**/tox.ini",
        "**/pytest.ini",
        "**/conftest.py",
        "**/sitecustomize.py",
    )
    max_files: int = Field(default=3, ge=1)
    """Changed files besides the regression test."""
    max_lines: int = Field(default=60, ge=1)
    """Added and removed lines besides the regression test."""


class Budget(Value):
    """Hard limits. Zero means none at all, not unlimited."""

    attempts: int = Field(default=3, ge=0)
    """Repair attempts per incident; each runs every allowed strategy once."""
    candidates: int = Field(default=1_500, ge=0)
    """Patches tried in the sandbox per attempt."""
    model_calls: int = Field(default=40, ge=0)
    tokens: int = Field(default=400_000, ge=0)
    cost_usd: float = Field(default=2.0, ge=0)
    repair_seconds: float = Field(default=1_800.0, gt=0)
    """Wall time of one repair."""
    repository_cost_usd_per_day: float = Field(default=20.0, ge=0)
    total_cost_usd_per_day: float = Field(default=100.0, ge=0)
    repository_attempts_per_day: int = Field(default=50, ge=0)
    heals_per_week: int = Field(default=3, ge=0)
    """Fixes of one and the same incident key before a human must look: the loop guard."""


class SandboxBounds(Value):
    """What one run of the project's tests may use."""

    wall_seconds: float = Field(default=300.0, gt=0, le=3_600)
    memory_mb: int = Field(default=2_048, ge=64)
    processes: int = Field(default=128, ge=1)
    disk_mb: int = Field(default=1_024, ge=16)
    setup_seconds: float = Field(default=600.0, gt=0, le=3_600)
    suite_reruns: int = Field(default=2, ge=0, le=10)
    """Extra runs of tests that disagree with the base, to tell flaky ones."""


class Approval(Value):
    """Who consents and for how long."""

    roles: tuple[Role, ...] = (Role.APPROVER, Role.ADMIN)
    people: tuple[str, ...] = ()
    """If not empty, only these ids count, whatever their role."""
    approvals: int = Field(default=1, ge=1, le=10)
    """How many people must approve the same head and diff before it is merged."""
    reminder_seconds: float = Field(default=1_800.0, gt=0)
    escalation_seconds: float = Field(default=7_200.0, gt=0)
    expiry_seconds: float = Field(default=86_400.0, gt=0)
    """Age at which an unanswered request, or an unused consent, must be asked for again."""
    look_seconds: float = Field(default=60.0, gt=0)
    """Time between looks at the pull request, to see what humans did there."""
    abandon_seconds: float = Field(default=604_800.0, gt=0)
    """Age of the first request at which Suture stops asking and hands over to a human."""


class MergedBy(StrEnum):
    """Who merges what was approved."""

    SUTURE = "suture"
    HUMAN = "human"
    """Suture asks for an approval and then waits for somebody to merge on the code host."""


class PullRequests(Value):
    """How a fix is proposed on the code host."""

    draft: bool = True
    """Open it as a draft, and make it ready for review once the project's own CI agrees."""
    ci_settle_seconds: float = Field(default=60.0, ge=0)
    """How long a CI that says nothing may yet begin to speak."""
    ci_wait_seconds: float = Field(default=3_600.0, ge=0)
    """How long to wait for a CI that runs, before humans are asked all the same."""
    ci_repair: bool = True
    """Try another fix, inside the budget, when CI fails on this one and not on its base."""
    reviews: bool = False
    """Whether an approving review on the code host is an approval, and one that requests changes
    a request for changes. Comments that begin with `/suture` count in any case."""
    merged_by: MergedBy = MergedBy.SUTURE


class Watch(Value):
    """How recovery is judged."""

    deployment_wait_seconds: float = Field(default=86_400.0, gt=0)
    window_seconds: float = Field(default=1_800.0, gt=0)
    """Longest time of watching; a clear verdict comes earlier."""
    look_seconds: float = Field(default=30.0, gt=0)
    """Time between looks."""
    minimum_seconds: float = Field(default=60.0, ge=0)
    """No verdict of recovery before this."""
    minimum_requests: int = Field(default=50, ge=0)
    """Requests that must have been seen since the deployment: no data is not health."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """Bound on false verdicts, valid however often one looks."""


class Attention(Value):
    """How long an incident that a human must look at stays open."""

    look_seconds: float = Field(default=300.0, gt=0)
    """Time between looks at the ticket."""
    quiet_seconds: float = Field(default=86_400.0, gt=0)
    """The incident ends when no alert came for so long. Its ticket stays open."""


class Timing(Value):
    """How patient activities are. Production hardly needs other values."""

    heartbeat_seconds: float = Field(default=20.0, gt=0)
    """A dead worker is noticed after this."""
    vendor_seconds: float = Field(default=60.0, gt=0)
    """One vendor call."""
    telling_seconds: float = Field(default=300.0, gt=0)
    """How long a tracker or chat that does not answer may hold an incident up."""
    repair_slack_seconds: float = Field(default=120.0, gt=0)
    """For a repair whose time is up to say so itself; after this it counts as lost."""


class AutonomyRule(Value):
    """Autonomy for some incidents; the first rule that matches decides."""

    severities: tuple[Severity, ...] = ()
    """Empty: all."""
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    autonomy: Autonomy


class Policy(Value):
    """Everything a platform team decides. Each field has a default that is safe."""

    version: int = Field(default=1, ge=1, le=1)
    autonomy: Autonomy = Autonomy.PROPOSE
    autonomy_rules: tuple[AutonomyRule, ...] = ()
    strategies: Strategies = Strategies()
    blast_radius: BlastRadius = BlastRadius()
    budget: Budget = Budget()
    sandbox: SandboxBounds = SandboxBounds()
    approval: Approval = Approval()
    pull_requests: PullRequests = PullRequests()
    watch: Watch = Watch()
    attention: Attention = Attention()
    timing: Timing = Timing()
