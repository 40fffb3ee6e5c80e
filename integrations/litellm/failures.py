"""What litellm raises, as errors of the core: only the status decides.

https://docs.litellm.ai/docs/exception_mapping
"""

import re
from collections.abc import Mapping

from suture.errors import ContextExceeded, ModelRefused, RateLimited, SutureError, Unreachable
from suture.redaction import scrub

MAX_MESSAGE = 2_000
MAX_WAIT_SECONDS = 300.0
RATE_LIMITED = 429
BROKEN = 500
RETRYABLE = frozenset({408, 409})
TOO_LONG = re.compile(
    r"context (?:length|window|size)|maximum context|exceed\w* [^.]{0,60}(?:context|tokens)"
    r"|(?:prompt|input) is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
"""What servers say that litellm does not know."""
CONNECTION_FAILURES = frozenset({"APIConnectionError", "APITimeoutError", "Timeout"})


def translate(error: Exception, model: str) -> SutureError:
    """Return the core's error for one of litellm's; provider texts are scrubbed of keys."""
    text = scrub(str(error))[:MAX_MESSAGE]
    status = getattr(error, "status_code", None)
    wait = _wait_seconds(error)
    if status == RATE_LIMITED:
        return RateLimited(f"{model} asks for patience: {text}", retry_after_seconds=wait)
    names = {kind.__name__ for kind in type(error).__mro__}
    broken = isinstance(status, int) and (status >= BROKEN or status in RETRYABLE)
    if broken or names & CONNECTION_FAILURES:
        return Unreachable(f"{model} does not answer: {text}", retry_after_seconds=wait)
    if "ContextWindowExceededError" in names or TOO_LONG.search(text):
        return ContextExceeded(f"The conversation is too long for {model}: {text}")
    return ModelRefused(f"{model} refuses the request ({status or type(error).__name__}): {text}")


def _wait_seconds(error: Exception) -> float | None:
    """Return the delay that the provider asked for, in seconds, at most five minutes."""
    headers = _headers(error)
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except (TypeError, ValueError):
            continue
        if seconds >= 0:
            return min(seconds, MAX_WAIT_SECONDS)
    return None


def _headers(error: Exception) -> Mapping[str, str]:
    response = getattr(error, "response", None)
    found = getattr(error, "litellm_response_headers", None) or getattr(response, "headers", None)
    return {str(key).lower(): str(value) for key, value in dict(found or {}).items()}
