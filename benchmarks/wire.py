"""HTTP by hand: keep-alive connections that cost next to nothing, and requests that misbehave."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Connection:
    """One connection, for one request after the other."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(content)
        await self.writer.drain()

    async def answer(self) -> Answer:
        """Read one answer with a Content-Length.

        Raises:
            ConnectionError: the gateway hung up instead.
        """
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("no answer") from error
        status, *lines = head.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(status.split()[1]), headers, body)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Yield a connection to the URL's host and port."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def request(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a POST as it travels."""
    lines = [f"POST {path} HTTP/1.1", "Host: gateway", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def post_all(
    url: str, path: str, bodies: Iterable[bytes], headers: Mapping[str, str], connections: int = 64
) -> list[Answer]:
    """Post every body, over so many connections at once; answers come in no order."""
    timed = await post_all_timed(url, path, bodies, headers, connections)
    return [answer for answer, _ in timed]


async def post_all_timed(
    url: str, path: str, bodies: Iterable[bytes], headers: Mapping[str, str], connections: int
) -> list[tuple[Answer, float]]:
    """Post every body, and return the answers with the seconds that each sender waited."""
    waiting = iter(bodies)
    answers: list[tuple[Answer, float]] = []

    async def work() -> None:
        async with connected(url) as connection:
            for body in waiting:
                started = time.perf_counter()
                await connection.send(request(path, body, headers))
                answer = await connection.answer()
                answers.append((answer, time.perf_counter() - started))

    await asyncio.gather(*(work() for _ in range(connections)))
    return answers
