import pytest
from sqlalchemy import Engine

from integrations.local.chat import LocalChat
from suture.domain.ticket import Link, ThreadRef
from suture.errors import NotFound
from suture.ports.chat import Message, Urgency
from tests.fakes.chat import FakeChat

NOWHERE = ThreadRef(thread_id="999", url="http://nowhere.invalid")
FIRST = Message(
    title="Cart fails", text="It broke.\0", links=(Link(title="Pull request", url="http://pr"),)
)
THEN = FIRST.model_copy(update={"text": "Fixed.", "urgency": Urgency.ACTION})


@pytest.fixture
def chat(engine_or_fake: Engine | None) -> FakeChat | LocalChat:
    if engine_or_fake is None:
        return FakeChat()
    return LocalChat(engine_or_fake, "http://console.invalid/")


def said(chat: FakeChat | LocalChat, thread: ThreadRef) -> tuple[Message, list[str]]:
    if isinstance(chat, FakeChat):
        kept = chat.get(thread)
        return kept.message, [text for text, _ in kept.replies.values()]
    read = chat.get_thread(thread.thread_id)
    return read.message, [reply.text for reply in read.replies]


def test_an_incident_has_one_message(chat: FakeChat | LocalChat) -> None:
    thread = chat.ensure_thread("case-1", FIRST)
    assert chat.ensure_thread("case-1", THEN) == thread
    assert said(chat, thread) == (FIRST, [])
    assert chat.ensure_thread("case-2", FIRST) != thread


def test_a_message_is_updated_in_place(chat: FakeChat | LocalChat) -> None:
    thread = chat.ensure_thread("case-1", FIRST)
    for _ in range(2):
        chat.update(thread, THEN)
    assert said(chat, thread) == (THEN, [])


def test_a_reply_with_the_same_key_is_one_reply(chat: FakeChat | LocalChat) -> None:
    thread = chat.ensure_thread("case-1", FIRST)
    for text in ("asked", "asked again"):
        chat.ensure_reply(thread, "approval", text, Urgency.ACTION)
    chat.ensure_reply(thread, "merged", "done", Urgency.INFO)
    assert said(chat, thread)[1] == ["asked", "done"]


def test_a_thread_that_does_not_exist_is_not_found(chat: FakeChat | LocalChat) -> None:
    with pytest.raises(NotFound):
        chat.update(NOWHERE, FIRST)
    with pytest.raises(NotFound):
        chat.ensure_reply(NOWHERE, "key", "text", Urgency.INFO)


def test_the_inbox_shows_the_last_changed_first(engine: Engine) -> None:
    chat = LocalChat(engine, "http://console.invalid/")
    first, second = (chat.ensure_thread(key, FIRST) for key in ("case-1", "case-2"))
    assert [thread.ref for thread in chat.list_threads()] == [second, first]
    chat.ensure_reply(first, "merged", "done", Urgency.ESCALATION)
    assert [thread.ref for thread in chat.list_threads()] == [first, second]
    assert first.url == f"http://console.invalid/inbox/{first.thread_id}"
    assert chat.get_thread(first.thread_id).replies[0].urgency is Urgency.ESCALATION
