"""Everything that can go wrong, in one tree.

    SutureError
    ├── TransientError              retry, after `retry_after_seconds` where the other side said so
    │   ├── RateLimited
    │   ├── Unreachable
    │   ├── NoData                  whoever counts does not answer: after a few tries, go without
    │   └── Conflict                somebody else changed it meanwhile: read again, then retry
    └── PermanentError              retrying cannot help
        ├── InvalidInput            what came from outside is malformed or too large
        ├── NotFound
        ├── NotAuthorised
        ├── SettingsError           what the operator must mend, with how
        ├── SandboxUnavailable      no sandbox, no run
        ├── PatchDoesNotApply
        ├── PolicyViolation         allowed by nobody
        ├── BudgetExhausted
        ├── ModelRefused            the model answered, but not with anything usable
        │   └── ContextExceeded     the conversation is longer than the model can read
        └── LedgerCorrupt

Adapters raise these, activities translate them once for Temporal, workflows decide.
"""


class SutureError(Exception):
    """Base of all errors that Suture raises on purpose."""

    retryable = False

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TransientError(SutureError):
    """The same call may succeed later."""

    retryable = True


class RateLimited(TransientError):
    """The other side asked for patience."""


class Unreachable(TransientError):
    """No answer, or an answer that says the other side is broken."""


class NoData(TransientError):
    """A metric cannot be read now; after a few tries it counts as missing."""


class Conflict(TransientError):
    """The thing changed between reading and writing."""


class PermanentError(SutureError):
    """The same call will fail again."""


class InvalidInput(PermanentError):
    """Something from outside is malformed, too large or forged."""


class NotFound(PermanentError):
    """The named thing does not exist."""


class NotAuthorised(PermanentError):
    """The caller may not do this."""


class SettingsError(PermanentError):
    """The configuration is missing something or contradicts itself."""


class SandboxUnavailable(PermanentError):
    """Untrusted code cannot be contained here, so it does not run."""


class PatchDoesNotApply(PermanentError):
    """A diff does not fit its base."""


class PolicyViolation(PermanentError):
    """The policy forbids it."""


class BudgetExhausted(PermanentError):
    """A limit of attempts, tokens, money or time is used up."""


class ModelRefused(PermanentError):
    """The model's answer cannot be used."""


class ContextExceeded(ModelRefused):
    """The conversation does not fit the model: a shorter one may."""


class LedgerCorrupt(PermanentError):
    """The record does not verify."""
