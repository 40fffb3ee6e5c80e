"""Makes a conversation fit what a model can read: old tool output goes first, the task last."""

import json
from collections.abc import Iterator, Sequence

from pydantic import Field

from suture.domain.value import Value
from suture.ports.model import ChatTurn, ToolCall

CHARACTERS_PER_TOKEN = 3
"""Fewer than most texts have, so that an estimate errs upwards."""
MAX_CHARACTERS = 600_000
"""Characters of a conversation. No budget buys a longer one."""
COMPACT_BELOW_TOKENS = 16_384
OPENING_TURNS = 2
NEWEST_TURNS = 4
GAP = 50
"""Characters of the note that stands for what was cut."""
SHORT = 200
"""Texts up to so many characters are not worth leaving out."""


class Window(Value):
    """What a model can read at once."""

    context_tokens: int | None = Field(default=None, ge=1)

    @property
    def compact(self) -> bool:
        """Whether it is so small that prompts and tools must be brief."""
        return self.context_tokens is not None and self.context_tokens < COMPACT_BELOW_TOKENS

    def output_tokens(self, asked: int) -> int:
        """Return how much of it an answer may take: at most a quarter."""
        return asked if self.context_tokens is None else min(asked, self.context_tokens // 4)

    def characters(self, output_tokens: int, tools: str) -> int:
        """Return how long a conversation may be beside the answer and these tools."""
        if self.context_tokens is None:
            return MAX_CHARACTERS
        room = (self.context_tokens - output_tokens) * CHARACTERS_PER_TOKEN
        return max(1_000, min(MAX_CHARACTERS, room - len(tools)))


def length_of(turns: Sequence[ChatTurn]) -> int:
    """Return the characters of turns."""
    return sum(_length(turn) for turn in turns)


def fitted(turns: tuple[ChatTurn, ...], limit: int) -> tuple[ChatTurn, ...]:
    """Return the conversation within so many characters, or as near to it as can be.

    The prompt and the task stay in front, the newest turns stay whole as long as they can. Calls
    and their answers stay paired, as providers demand.
    """
    shorter = list(turns)
    over = length_of(turns) - limit
    for number in _dispensable(turns):
        if over <= 0:
            break
        brief = _brief(turns[number])
        over -= _length(turns[number]) - _length(brief)
        shorter[number] = brief
    if over > 0:
        shorter = [*shorter[:OPENING_TURNS], *_newest(shorter[OPENING_TURNS:])]
        over = length_of(shorter) - limit
    return tuple(shorter) if over <= 0 else _cut(shorter, limit)


def _dispensable(turns: tuple[ChatTurn, ...]) -> Iterator[int]:
    """Return the old turns: first what tools answered, then what the model wrote."""
    old = range(OPENING_TURNS, max(OPENING_TURNS, len(turns) - NEWEST_TURNS))
    yield from (number for number in old if turns[number].role != "assistant")
    yield from (number for number in old if turns[number].role == "assistant")


def _brief(turn: ChatTurn) -> ChatTurn:
    calls = tuple(
        ToolCall(call_id=call.call_id, name=call.name, arguments=_left_out(len(call.arguments)))
        if len(call.arguments) > SHORT
        else call
        for call in turn.tool_calls
    )
    text = turn.content
    if len(text) > SHORT:
        text = f"[{len(text)} characters left out. Call the tool again if you need them.]"
    return turn.model_copy(update={"content": text, "tool_calls": calls})


def _left_out(characters: int) -> str:
    return json.dumps({"left_out": f"{characters} characters"})


def _newest(turns: list[ChatTurn]) -> list[ChatTurn]:
    """Return the newest turns, from one of the model's on."""
    start = max(0, len(turns) - NEWEST_TURNS)
    while start > 0 and turns[start].role != "assistant":
        start -= 1
    return turns[start:]


def _cut(turns: list[ChatTurn], limit: int) -> tuple[ChatTurn, ...]:
    """Take the middle out of the longest texts; the system prompt is not touched."""
    texts = sorted(len(turn.content) for turn in turns if turn.role != "system")
    room = max(0, limit - length_of(turns) + sum(texts) - len(texts) * GAP)
    share = 0
    for number, length in enumerate(texts):
        share = room // (len(texts) - number)
        if length > share:
            break
        room -= length
    return tuple(
        turn if turn.role == "system" else _halved(turn, max(share, SHORT)) for turn in turns
    )


def _halved(turn: ChatTurn, length: int) -> ChatTurn:
    text = turn.content
    if len(text) <= length:
        return turn
    half = length // 2
    gap = f"\n[... {len(text) - 2 * half} characters left out ...]\n"
    return turn.model_copy(update={"content": f"{text[:half]}{gap}{text[-half:]}"})


def _length(turn: ChatTurn) -> int:
    return len(turn.content) + sum(len(call.arguments) for call in turn.tool_calls)
