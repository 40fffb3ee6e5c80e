"""Adapters observed from outside: each call of a port is counted, timed and traced.

Adapters know nothing of it. All of them raise errors of `suture.errors`, so the outcome of a call
means the same for every vendor; what a vendor is called is the folder of its adapter.
"""

import functools
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

from suture.policy.budgets import Grant, Reservation
from suture.ports.model import ModelReply, ModelRequest, ReplySource
from workers.health.meters import OK, Meters, kind_of
from workers.parts import Parts

if TYPE_CHECKING:
    from workers.health.tracing import Tracing

T = TypeVar("T")
Told = Callable[[str, tuple[Any, ...], Any], None]
"""Is told the name, the arguments and the result of a call that succeeded."""


@runtime_checkable
class Forwarding(Protocol):
    """Asks one of several adapters."""

    def each(self, wrap: Callable[[Any], Any]) -> object:
        """Return the same with every adapter wrapped."""
        ...


class Observer:
    """Puts adapters behind observation."""

    def __init__(self, meters: Meters, tracing: "Tracing | None" = None) -> None:
        self.meters = meters
        self.tracing = tracing

    def all_of(self, parts: Parts) -> Parts:
        """Return the parts with everything observed that workers call vendors by."""
        return replace(
            parts,
            tracker=self.observed("tracker", parts.tracker),
            code_host=self.observed("code_host", parts.code_host),
            chat=self.observed("chat", parts.chat),
            model=self.observed("model", parts.model, self._model_told),
            deployments=self.observed("deployments", parts.deployments),
            service_metrics=self.observed("service_metrics", parts.service_metrics),
            event_metrics=self.observed("event_metrics", parts.event_metrics),
            enrichment=self.observed("enrichment", parts.enrichment),
            pager=self.observed("pager", parts.pager) if parts.pager is not None else None,
            memory=self.observed("memory", parts.memory, self._memory_told),
        )

    def observed(self, port: str, adapter: T, told: Told | None = None) -> T:
        """Return what behaves as the adapter does, and is counted, timed and traced.

        What only asks others is left as it is; those it asks are observed.
        """
        if isinstance(adapter, Forwarding):
            return cast("T", adapter.each(lambda one: self.observed(port, one, told)))
        return cast("T", _Observed(self, port, adapter, told))

    def run(self, call: tuple[str, str, str], step: Callable[[], T]) -> T:
        """Run one call of (port, vendor, name)."""
        started, outcome = time.monotonic(), OK
        tracing = self.tracing
        try:
            with tracing.call(*call) if tracing is not None else nullcontext():
                return step()
        except BaseException as error:
            outcome = kind_of(type(error).__name__)
            raise
        finally:
            self.meters.vendor_called(call, outcome, time.monotonic() - started)

    def _model_told(self, name: str, arguments: tuple[Any, ...], result: object) -> None:
        del name
        match arguments, result:
            case (ModelRequest() as request,), ModelReply(source=ReplySource.ASKED) as reply:
                self.meters.model_answered(request.model, reply)

    def _memory_told(self, name: str, arguments: tuple[Any, ...], result: object) -> None:
        match name, arguments, result:
            case "reserve", (Reservation() as asked, _), Grant() as grant:
                self.meters.budget_reserved(asked.repository, grant)
            case "settle", (_, repository, _, usage), None:
                self.meters.budget_settled(repository, usage.cost_usd)


class _Observed:
    """Passes every call on to the adapter."""

    def __init__(self, observer: Observer, port: str, adapter: object, told: Told | None) -> None:
        self._observer = observer
        self._port = port
        self._adapter = adapter
        self._told = told
        self._vendor = vendor_of(adapter)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the adapter has
        found = getattr(self._adapter, name)
        if name.startswith("_") or not callable(found):
            return found
        return functools.partial(self._call, name, found)

    def _call(self, name: str, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- whatever the adapter takes
        call = (self._port, self._vendor, name)
        result = self._observer.run(call, lambda: method(*args, **kwargs))
        if self._told is not None:
            self._told(name, args, result)
        return result


def vendor_of(adapter: object) -> str:
    """Return the folder of an adapter: `github` for what `integrations.github` has."""
    package, _, rest = type(adapter).__module__.partition(".")
    return rest.partition(".")[0] if package == "integrations" else "other"
