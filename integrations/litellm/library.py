"""litellm itself, which takes seconds to import: loaded when a model or its price is asked for."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from suture.settings import quiet_litellm

_loading = Lock()


def load_litellm() -> Any:  # noqa: ANN401 -- litellm's functions are untyped
    """Return the module, without its news and its telemetry.

    It is loaded in a thread of its own. Temporal stops an activity by an exception that is raised
    in its thread, wherever that is just then; and of a library that was stopped half way, parts
    stay loaded that belong to no whole: this process could never ask a model again.
    """
    with _loading, ThreadPoolExecutor(1) as own:
        return own.submit(_load).result()


def _load() -> Any:  # noqa: ANN401 -- see above
    quiet_litellm()
    import litellm  # noqa: PLC0415 -- takes seconds

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    return litellm
