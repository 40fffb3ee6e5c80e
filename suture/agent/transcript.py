"""A conversation as a chain of artifacts: each node names the one before and adds turns.

Histories hold the digest of the newest node only, so that forty turns cost as little as one.
"""

from suture.domain.value import Digest, Value
from suture.errors import InvalidInput
from suture.ports.artifacts import ArtifactStore
from suture.ports.model import ChatTurn

MAX_NODES = 500


class TranscriptNode(Value):
    """Some turns, and the conversation that they continue."""

    previous: Digest | None
    turns: tuple[ChatTurn, ...]
    prompts: str = ""
    """On the first node: which prompts it was opened with."""


class Edits(Value):
    """The new text of every file that a model has edited so far. An artifact."""

    contents: dict[str, str]


class Transcript(Value):
    """A whole conversation."""

    turns: tuple[ChatTurn, ...]
    """Oldest first."""
    prompts: str = ""


def load(head: Digest, artifacts: ArtifactStore) -> Transcript:
    """Return the conversation up to a node.

    Raises:
        InvalidInput: the chain is longer than any conversation may be.
    """
    nodes: list[TranscriptNode] = []
    at: Digest | None = head
    while at is not None:
        if len(nodes) >= MAX_NODES:
            raise InvalidInput("The conversation has too many turns.")
        nodes.append(last_node(at, artifacts))
        at = nodes[-1].previous
    turns = tuple(turn for node in reversed(nodes) for turn in node.turns)
    return Transcript(turns=turns, prompts=nodes[-1].prompts)


def last_node(head: Digest, artifacts: ArtifactStore) -> TranscriptNode:
    """Return the newest node alone."""
    return TranscriptNode.model_validate_json(artifacts.get(head))
