"""Why an edit is not made."""

UNCHANGED = (
    "That is what the file says already: nothing would change. It is with this text that the fault "
    "was seen."
)


class CannotRewrite(Exception):
    """Why the rewrite is refused, in words that the model can act on."""
