"""An inbox in a dictionary."""

from dataclasses import dataclass, field

from suture.domain.ticket import ThreadRef
from suture.errors import NotFound
from suture.ports.chat import Message, Urgency


@dataclass
class FakeThread:
    ref: ThreadRef
    message: Message
    replies: dict[str, tuple[str, Urgency]] = field(default_factory=dict)


class FakeChat:
    """Implements `suture.ports.chat.Chat`."""

    def __init__(self) -> None:
        self.threads: dict[str, FakeThread] = {}

    def ensure_thread(self, key: str, message: Message) -> ThreadRef:
        number = str(len(self.threads) + 1)
        ref = ThreadRef(thread_id=number, url=f"http://chat.invalid/{number}")
        return self.threads.setdefault(key, FakeThread(ref=ref, message=message)).ref

    def update(self, thread: ThreadRef, message: Message) -> None:
        self.get(thread).message = message

    def ensure_reply(self, thread: ThreadRef, key: str, text: str, urgency: Urgency) -> None:
        self.get(thread).replies.setdefault(key, (text, urgency))

    def get(self, thread: ThreadRef) -> FakeThread:
        for kept in self.threads.values():
            if kept.ref.thread_id == thread.thread_id:
                return kept
        raise NotFound(f"No thread {thread.thread_id}.")
