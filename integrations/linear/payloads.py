"""What Linear's webhooks send, as far as it is read.

https://linear.app/developers/webhooks and the `...WebhookPayload` types of Linear's schema.
"""

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field, JsonValue

from integrations.inbound import Wire

MAX_ID_CHARACTERS = 100
MAX_LABELS = 200
MAX_FORMER = 20
CLOSED = frozenset({"completed", "canceled", "duplicate"})
"""Types of state in which nobody is to work on an issue."""


def _or_nothing(value: JsonValue) -> JsonValue:
    return {} if value is None else value


def _or_none_of(value: JsonValue) -> JsonValue:
    return [] if value is None else value


Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARACTERS)]


class Actor(Wire):
    """Who did it: a person, an application or an integration."""

    name: str | None = None


class Label(Wire):
    """A label of an issue."""

    id: Id
    name: str


class State(Wire):
    """A workflow state."""

    name: str = ""
    type: str = ""


class Named(Wire):
    """A team or a project."""

    key: str | None = None
    name: str = ""


class Issue(Wire):
    """An issue after it was changed."""

    id: Id
    identifier: Id
    former: Annotated[tuple[Id, ...], BeforeValidator(_or_none_of)] = Field(
        default=(), alias="previousIdentifiers", max_length=MAX_FORMER
    )
    """What it was called before it moved to another team."""
    title: str
    description: str | None = None
    priority: float = Field(default=0.0, ge=0, le=100, allow_inf_nan=False)
    url: str = ""
    trashed: bool | None = None
    state: Annotated[State, BeforeValidator(_or_nothing)] = State()
    labels: tuple[Label, ...] = Field(default=(), max_length=MAX_LABELS)
    team: Annotated[Named, BeforeValidator(_or_nothing)] = Named()
    project: Annotated[Named, BeforeValidator(_or_nothing)] = Named()

    @property
    def is_closed(self) -> bool:
        """Whether nobody is to work on it."""
        return bool(self.trashed) or self.state.type in CLOSED


class NamedIssue(Wire):
    """An issue as a comment names it."""

    identifier: Id


class Comment(Wire):
    """A comment; on projects and documents there are comments, too."""

    issue: NamedIssue | None = None


class Body(Wire):
    """A delivery; its data depend on its type."""

    action: str
    type: str
    actor: Annotated[Actor, BeforeValidator(_or_nothing)] = Actor()
    created_at: AwareDatetime = Field(alias="createdAt")
    organization_id: str = Field(default="", alias="organizationId", max_length=MAX_ID_CHARACTERS)
    data: JsonValue = None
    url: str | None = None
    before: Annotated[dict[str, JsonValue], BeforeValidator(_or_nothing)] = Field(
        default_factory=dict, alias="updatedFrom"
    )
    """What changed -> what it was."""
