from suture.agent.fitting import MAX_CHARACTERS, NEWEST_TURNS, Window, _cut, fitted, length_of
from suture.ports.model import ChatTurn, ToolCall

SYSTEM = ChatTurn(role="system", content="s" * 300)
TASK = ChatTurn(role="user", content="t" * 1_000)


def exchange(number: int, size: int) -> tuple[ChatTurn, ChatTurn]:
    call = ToolCall(call_id=f"c{number}", name="look", arguments=f'{{"at": "{"a" * size}"}}')
    return (
        ChatTurn(role="assistant", tool_calls=(call,)),
        ChatTurn(role="tool", content="o" * size, call_id=f"c{number}"),
    )


def conversation(exchanges: int, size: int) -> tuple[ChatTurn, ...]:
    return (SYSTEM, TASK, *(turn for n in range(exchanges) for turn in exchange(n, size)))


def paired(turns: tuple[ChatTurn, ...]) -> bool:
    asked = [call.call_id for turn in turns for call in turn.tool_calls]
    answered = [turn.call_id for turn in turns if turn.role == "tool"]
    return asked == answered


def test_what_fits_stays_as_it_is() -> None:
    turns = conversation(5, 100)
    assert fitted(turns, length_of(turns)) == turns


def test_old_tool_output_goes_first_and_the_newest_stays() -> None:
    turns = conversation(6, 1_000)
    shorter = fitted(turns, length_of(turns) - 1_500)
    assert length_of(shorter) <= length_of(turns) - 1_500
    assert shorter[:2] == turns[:2]
    assert shorter[-NEWEST_TURNS:] == turns[-NEWEST_TURNS:]
    assert "1000 characters left out" in shorter[3].content
    assert shorter[2] == turns[2]
    assert paired(shorter)


def test_what_the_model_wrote_goes_next_and_stays_json() -> None:
    turns = conversation(6, 1_000)
    shorter = fitted(turns, 8_000)
    assert length_of(shorter) <= 8_000
    assert "left_out" in shorter[2].tool_calls[0].arguments
    assert paired(shorter)


def test_whole_exchanges_go_when_nothing_else_helps() -> None:
    turns = conversation(60, 150)
    shorter = fitted(turns, 3_000)
    assert length_of(shorter) <= 3_000
    assert shorter == (*turns[:2], *turns[-NEWEST_TURNS:])


def test_the_newest_turns_begin_with_one_of_the_model_s() -> None:
    calls = tuple(ToolCall(call_id=str(n), name="look", arguments="{}") for n in range(8))
    answers = (ChatTurn(role="tool", content="o" * 100, call_id=str(n)) for n in range(8))
    turns = (*conversation(20, 150), ChatTurn(role="assistant", tool_calls=calls), *answers)
    shorter = fitted(turns, 2_500)
    assert shorter == (*turns[:2], *turns[-9:])
    assert paired(shorter)


def test_the_longest_texts_lose_their_middle_at_last_and_the_prompt_nothing() -> None:
    turns = (SYSTEM, TASK, *exchange(0, 10_000))
    shorter = fitted(turns, 14_000)
    assert length_of(shorter) <= 14_000
    assert shorter[:3] == turns[:3]
    assert "characters left out" in shorter[3].content
    tiny = fitted((SYSTEM, TASK), 100)
    assert tiny[0] == SYSTEM
    assert len(tiny[1].content) < 300


def test_a_window_bounds_answer_and_conversation() -> None:
    assert Window().characters(4_096, "tools") == MAX_CHARACTERS
    assert Window().output_tokens(4_096) == 4_096
    assert not Window().compact
    small = Window(context_tokens=8_192)
    assert small.compact
    assert small.output_tokens(4_096) == 2_048
    assert small.characters(2_048, "x" * 100) == (8_192 - 2_048) * 3 - 100
    assert Window(context_tokens=100).characters(25, "x" * 5_000) == 1_000
    assert not Window(context_tokens=32_768).compact


def test_nothing_is_cut_where_everything_has_room() -> None:
    turns = conversation(3, 50)
    assert _cut(list(turns), 100_000) == turns
