"""A scripted server that speaks OpenAI's chat completions over HTTP on the loopback.

https://platform.openai.com/docs/api-reference/chat
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Question = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Script = Callable[[Question, int], Answer]
"""From the request and its number, counted from zero, to the answer."""


def say(
    text: str = "",
    *calls: tuple[str, object],
    tokens: tuple[int, int] = (100, 20),
    finish: str = "stop",
) -> Answer:
    """Answer with a text and tool calls; arguments that are no text are written as JSON."""
    written = [
        {
            "id": f"call_{number}_{name}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": given if isinstance(given, str) else json.dumps(given),
            },
        }
        for number, (name, given) in enumerate(calls)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if written:
        message["tool_calls"] = written
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        },
    }
    return Answer(body=json.dumps(body))


def fail(status: int, message: str = "no", **headers: str) -> Answer:
    """Answer with an error; `retry_after_ms="5"` becomes the header `retry-after-ms`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message, "type": "error", "code": str(status)}})
    return Answer(status=status, body=body, headers=named)


class OpenAiServer:
    """Answers by script, and keeps what it was asked."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.questions: list[Question] = []
        self.keys: list[str] = []
        self.idempotency_keys: list[str] = []
        self.url = ""
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return len(self.questions)

    def answer(self, question: Question, headers: Mapping[str, str]) -> Answer:
        """Count a question and answer it."""
        with self._lock:
            number = len(self.questions)
            self.questions.append(question)
            self.keys.append(headers.get("Authorization", ""))
            self.idempotency_keys.append(headers.get("Idempotency-Key", ""))
        return self.script(question, number)


@contextmanager
def serving(script: Script) -> Iterator[OpenAiServer]:
    """Serve while the context is open."""
    state = OpenAiServer(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            question = json.loads(self.rfile.read(size))
            answer = state.answer(question, dict(self.headers.items()))
            content = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
