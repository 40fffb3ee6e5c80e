"""What Jira's webhooks send, as far as it is read.

https://developer.atlassian.com/cloud/jira/platform/webhooks/ and
https://developer.atlassian.com/server/jira/platform/webhooks/
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from integrations.inbound import Wire
from integrations.jira.adf import plain_text

MAX_ID_CHARACTERS = 300
MAX_LABELS = 500
MAX_CHANGES = 500
MAX_MILLISECONDS = 10**14


def _or_nothing(value: JsonValue) -> JsonValue:
    return {} if value is None else value


def _or_none_of(value: JsonValue) -> JsonValue:
    return [] if value is None else value


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _words(value: JsonValue) -> str:
    """Return wiki markup as it is, and what a document says."""
    blocks = value.get("content") if isinstance(value, dict) else None
    if isinstance(blocks, list):
        return "\n".join(plain_text(block) for block in blocks)
    return _text(value)


Text = Annotated[str, BeforeValidator(_text)]


class Named(Wire):
    """A project, a priority, a component."""

    key: Text = ""
    name: Text = ""


Thing = Annotated[Named, BeforeValidator(_or_nothing)]


class Person(Wire):
    """Who did it."""

    display_name: Text = Field(default="", alias="displayName")


Somebody = Annotated[Person, BeforeValidator(_or_nothing)]


class Status(Wire):
    """A status and its category."""

    name: Text = ""
    category: Thing = Field(default=Named(), alias="statusCategory")


class Fields(Wire):
    """The fields of an issue; a comment's event has a few of them."""

    summary: Text = ""
    description: Annotated[str, BeforeValidator(_words)] = ""
    """Wiki markup in webhooks; what automation rules send may be a document."""
    labels: Annotated[tuple[str, ...], BeforeValidator(_or_none_of)] = Field(
        default=(), max_length=MAX_LABELS
    )
    components: Annotated[tuple[Named, ...], BeforeValidator(_or_none_of)] = Field(
        default=(), max_length=MAX_LABELS
    )
    project: Thing = Named()
    priority: Thing = Named()
    status: Annotated[Status, BeforeValidator(_or_nothing)] = Status()

    @property
    def is_done(self) -> bool:
        """Whether nobody is to work on it."""
        return self.status.category.key == "done"


class Issue(Wire):
    """An issue after it was changed."""

    id: Text = ""
    key: str = Field(min_length=1, max_length=MAX_ID_CHARACTERS)
    url: Text = Field(default="", alias="self")
    """Its address in Jira's API."""
    fields: Annotated[Fields, BeforeValidator(_or_nothing)] = Fields()


class Change(Wire):
    """One field that changed."""

    field: Text = ""
    before: Text = Field(default="", alias="fromString")
    after: Text = Field(default="", alias="toString")


class Changelog(Wire):
    """Everything that changed at once."""

    items: tuple[Change, ...] = Field(default=(), max_length=MAX_CHANGES)


class Comment(Wire):
    """A comment, and who wrote or changed it."""

    author: Somebody = Person()
    editor: Somebody = Field(default=Person(), alias="updateAuthor")


class Body(Wire):
    """A delivery."""

    event: str = Field(alias="webhookEvent")
    timestamp: int | None = Field(default=None, ge=0, le=MAX_MILLISECONDS)
    user: Somebody = Person()
    issue: Issue | None = None
    comment: Annotated[Comment, BeforeValidator(_or_nothing)] = Comment()
    changelog: Annotated[Changelog, BeforeValidator(_or_nothing)] = Changelog()

    @property
    def at(self) -> datetime | None:
        """When it happened."""
        if self.timestamp is None:
            return None
        return datetime.fromtimestamp(self.timestamp / 1_000, UTC)

    def changes(self, field: str) -> tuple[Change, ...]:
        """Return the changes of one field."""
        return tuple(one for one in self.changelog.items if one.field.lower() == field)
