"""All tables of Suture's own database, for SQLite and PostgreSQL alike.

Moments are microseconds since 1970 in UTC, so that both compare them alike; structured values
are JSON text. Source: https://docs.sqlalchemy.org/en/20/core/metadata.html.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, read back in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write it as microseconds."""
        del dialect
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read it back."""
        del dialect
        return None if value is None else EPOCH + value * MICROSECOND


class Words(TypeDecorator[str]):
    """Text that may be hostile: what no database can hold becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace NUL, which PostgreSQL refuses, and lone surrogates, which are no UTF-8."""
        del dialect
        if value is None:
            return None
        return (
            value.replace("\0", "\ufffd")
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
        )


METADATA = MetaData()
ROW_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only when the key is an INTEGER."""

tickets = Table(
    "tickets",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("service", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("labels", Words, nullable=False, comment="JSON list"),
    Column("said_state", Words, nullable=False, comment="what Suture said last"),
    Column("state", Words, nullable=False),
    Column("closed_by", Words, comment="the person who closed it"),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("service", "key"),
)

ticket_comments = Table(
    "ticket_comments",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("ticket_id", ROW_ID, ForeignKey("tickets.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("ticket_id", "key"),
)

pull_requests = Table(
    "pull_requests",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("repository", Words, nullable=False),
    Column("number", Integer, nullable=False),
    Column("branch", Words, nullable=False),
    Column("base_branch", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("draft", Boolean, nullable=False),
    Column("state", Words, nullable=False),
    Column("last", Words, comment="JSON of the pull request as it was last seen whole"),
    Column("merge_base", Words, comment="what its diff was taken against then"),
    Column("opened_at", Moment, nullable=False),
    Column("revert_of", Integer, comment="number of the pull request that this one undoes"),
    UniqueConstraint("repository", "number"),
    UniqueConstraint("repository", "branch"),
    UniqueConstraint("repository", "revert_of"),
)

own_commits = Table(
    "own_commits",
    METADATA,
    Column("repository", Words, primary_key=True),
    Column("sha", Words, primary_key=True),
    comment="commits that Suture made, written down before any branch shows them",
)

pull_request_checks = Table(
    "pull_request_checks",
    METADATA,
    Column("pull_request_id", ROW_ID, ForeignKey("pull_requests.id"), primary_key=True),
    Column("name", Words, primary_key=True),
    Column("head_sha", Words, primary_key=True),
    Column("conclusion", Words, nullable=False),
    Column("summary", Words, nullable=False),
)

pull_request_comments = Table(
    "pull_request_comments",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("pull_request_id", ROW_ID, ForeignKey("pull_requests.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("pull_request_id", "key"),
)

pull_request_reviews = Table(
    "pull_request_reviews",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("pull_request_id", ROW_ID, ForeignKey("pull_requests.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("actor", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("head_sha", Words),
    Column("text", Words, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("pull_request_id", "key"),
)

threads = Table(
    "threads",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("key", Words, nullable=False, unique=True),
    Column("message", Words, nullable=False, comment="JSON of the message"),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

replies = Table(
    "replies",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("thread_id", ROW_ID, ForeignKey("threads.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("urgency", Words, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("thread_id", "key"),
)

deployments = Table(
    "deployments",
    METADATA,
    Column("deployment_id", Words, primary_key=True),
    Column("service", Words, nullable=False),
    Column("environment", Words, nullable=False),
    Column("commit", Words, nullable=False),
    Column("release", Words),
    Column("status", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Index("deployments_by_time", "service", "environment", "status", "at"),
)

event_counts = Table(
    "event_counts",
    METADATA,
    Column("service", Words, primary_key=True),
    Column("fingerprint", Words, primary_key=True),
    Column("second", Moment, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

problems = Table(
    "problems",
    METADATA,
    Column("service", Words, primary_key=True),
    Column("source", Words, primary_key=True),
    Column("group", Words, primary_key=True, comment="the vendor's own name of the problem"),
    Column("fingerprint", Words, primary_key=True),
    Column("seen_at", Moment, nullable=False),
)

slack_presses = Table(
    "slack_presses",
    METADATA,
    Column("decision_id", Words, primary_key=True),
    Column("press", Words, nullable=False, comment="JSON of the press"),
    Column("due_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("delivered", Boolean, nullable=False, comment="its incident has it"),
    Column("done", Boolean, nullable=False),
    Index("slack_presses_by_time", "done", "due_at"),
    comment="buttons that were pressed in Slack",
)

past_incidents = Table(
    "past_incidents",
    METADATA,
    Column("run_id", Words, primary_key=True),
    Column("incident_id", Words, nullable=False),
    Column("service", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("summary", Words, nullable=False),
    Column("closed_at", Moment, nullable=False),
    Column("merge_sha", Words),
    Index("past_incidents_by_key", "service", "fingerprint", "closed_at"),
)

incident_traits = Table(
    "incident_traits",
    METADATA,
    Column("incident_id", Words, primary_key=True),
    Column("service", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("traits", Words, nullable=False, comment="JSON of what the incident looks like"),
    Index("incident_traits_by_time", "at"),
)

stated_confidences = Table(
    "stated_confidences",
    METADATA,
    Column("incident_id", Words, primary_key=True),
    Column("at", Moment, primary_key=True),
    Column("basis", Words, nullable=False),
    Column("stated", Float, nullable=False),
    Index("stated_confidences_by_time", "at"),
    comment="what diagnoses stated, to be held against how their incidents ended",
)

fixes_in_flight = Table(
    "fixes_in_flight",
    METADATA,
    Column("cause", Words, primary_key=True),
    Column("incident_id", Words, nullable=False, index=True),
    Column("until", Moment, nullable=False),
    Column("pull_request", Words, nullable=False),
    comment="causes that an open incident repairs",
)

spending = Table(
    "spending",
    METADATA,
    Column("entry_key", Words, primary_key=True),
    Column("repository", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("model_calls", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("sandbox_seconds", Float, nullable=False),
    Column("granted", Words, nullable=False, comment="JSON of the grant"),
    Column("settled", Boolean, nullable=False, comment="until then the grant counts as spent"),
    Index("spending_by_time", "at", "repository"),
)

ledger_chains = Table(
    "ledger_chains",
    METADATA,
    Column("incident_id", Words, primary_key=True),
    comment="one row per chain, locked while an entry is appended",
)

ledger_entries = Table(
    "ledger_entries",
    METADATA,
    Column("incident_id", Words, ForeignKey("ledger_chains.incident_id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("key", Words, nullable=False),
    Column("entry", Words, nullable=False, comment="canonical JSON of the entry"),
    UniqueConstraint("incident_id", "key"),
)

jira_tickets = Table(
    "jira_tickets",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("service", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("mark", Words, nullable=False, unique=True),
    Column("sent_at", Moment, comment="when a create was sent whose answer may be lost"),
    Column("creates", Integer, nullable=False, comment="creates that may have made an issue"),
    Column("issue_key", Words),
    Column("alone", Boolean, nullable=False, comment="twins were looked for when they would show"),
    Column("said", Words, comment="JSON of the content that Suture wrote last"),
    Column("said_state", Words, nullable=False, comment="what Suture said last"),
)

linear_tickets = Table(
    "linear_tickets",
    METADATA,
    Column("issue_id", Words, primary_key=True),
    Column("identifier", Words, index=True, comment="as Linear first showed it"),
    Column("url", Words, comment="unset until Linear showed it"),
    Column("said", Words, comment="JSON of the content that Suture wrote last"),
    Column("said_state", Words, nullable=False, comment="what Suture said last"),
)

jira_aliases = Table(
    "jira_aliases",
    METADATA,
    Column("issue_key", Words, primary_key=True),
    Column("ticket_id", ROW_ID, ForeignKey("jira_tickets.id"), nullable=False),
    comment="every key that ever stood for a ticket, twins included",
)

jira_comments = Table(
    "jira_comments",
    METADATA,
    Column("ticket_id", ROW_ID, ForeignKey("jira_tickets.id"), primary_key=True),
    Column("mark", Words, primary_key=True),
    Column("sent_at", Moment, comment="when it was sent; its answer may be lost"),
    Column("done", Boolean, nullable=False),
)
