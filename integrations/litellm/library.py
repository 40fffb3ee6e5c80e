"""litellm itself, which takes seconds to import: loaded when a model or its price is asked for."""

from threading import Lock
from typing import Any

from suture.settings import quiet_litellm

_loading = Lock()


def load_litellm() -> Any:  # noqa: ANN401 -- litellm's functions are untyped
    """Return the module, without its news and its telemetry."""
    with _loading:
        quiet_litellm()
        import litellm  # noqa: PLC0415 -- takes seconds

        litellm.suppress_debug_info = True
        litellm.telemetry = False
        return litellm
