"""First in, first out; messages that fail go to the end."""

from collections import deque

from mailqueue.message import Message

MAX_ATTEMPTS = 3


class MailQueue:
    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self.dead: list[Message] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        self._waiting.append(message)

    def run_once(self, send) -> bool:
        """Send the next message; False when none waits."""
        if not self._waiting:
            return False
        message = self._waiting.popleft()
        message.attempts += 1
        if not send(message):
            (self.dead if message.attempts >= MAX_ATTEMPTS else self._waiting).append(message)
        return True
