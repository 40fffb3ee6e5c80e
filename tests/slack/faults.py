"""Slack behind a proxy that does to posts what networks and busy servers do."""

import contextlib
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fakes.fault_proxy import Asked, Fault, FaultProxy, Queued, disturbed

RETRY_AFTER_SECONDS = 7


def _posts(asked: Asked) -> bool:
    return asked.path.endswith("chat.postMessage")


@dataclass(frozen=True, kw_only=True)
class FaultyPosts:
    """What happens to the next posts of messages, and what was to be posted."""

    proxy: FaultProxy
    faults: deque[Fault]
    """One each."""

    @property
    def url(self) -> str:
        """Where Slack is found now."""
        return self.proxy.url

    def posted(self) -> list[dict[str, Any]]:
        """Return what was to be posted."""
        return [json.loads(asked.body) for asked in self.proxy.asked if _posts(asked)]


@contextlib.contextmanager
def faulty(upstream: str) -> Iterator[FaultyPosts]:
    """Stand before Slack while the context is open."""
    plan = Queued(_posts)
    with disturbed(upstream, plan, RETRY_AFTER_SECONDS) as proxy:
        yield FaultyPosts(proxy=proxy, faults=plan.faults)
