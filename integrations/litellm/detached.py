"""A model asked by a child process, which outlives a worker that is killed while it waits.

The child keeps the reply in the store before it tells anybody. The worker that takes over asks
under the same key, waits for the child's lock, and finds the reply. What dies together with the
worker, as in a container that is killed whole, is asked again.

https://docs.python.org/3.11/library/multiprocessing.html#contexts-and-start-methods: the fork
server loads litellm once and gives each call its own child within milliseconds.
"""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from threading import Lock

from suture.errors import SutureError, Unreachable
from suture.ports.model import Model, ModelReply, ModelRequest
from suture.settings import quiet_litellm

_starting = Lock()


class DetachedModel:
    """Implements `suture.ports.model.Model`."""

    def __init__(self, build: Callable[[], Model]) -> None:
        self._build = build
        """Importable by its name; what it is bound to travels to the child by a pipe."""

    def complete(self, request: ModelRequest) -> ModelReply:
        """Let a child ask once.

        Raises:
            Unreachable: the child died without a word.
        """
        heard, said = multiprocessing.Pipe(duplex=False)
        with heard:
            child = _child(self._build, request, said)
            try:
                outcome = heard.recv()
            except EOFError:
                outcome = Unreachable("The process that asked the model died.")
        child.join()
        child.close()
        if isinstance(outcome, SutureError):
            raise outcome
        return ModelReply.model_validate(outcome)


def _child(
    build: Callable[[], Model], request: ModelRequest, said: Connection
) -> multiprocessing.process.BaseProcess:
    context = multiprocessing.get_context("forkserver")
    # The fork server is started with the first child, and threads start children at once.
    with said, _starting:
        quiet_litellm()
        context.set_forkserver_preload(["integrations.litellm.preloaded"])
        child = context.Process(target=_run, args=(build, request, said))
        child.start()
    return child


def _run(build: Callable[[], Model], request: ModelRequest, said: Connection) -> None:
    # What stops the worker from its terminal does not stop the call.
    os.setsid()
    outcome: ModelReply | SutureError
    try:
        outcome = build().complete(request)
    except SutureError as error:
        outcome = error
    try:
        said.send(outcome)
    except BrokenPipeError:
        # The worker is gone. The reply is kept.
        return
