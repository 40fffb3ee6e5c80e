"""Why an edit is not made."""


class CannotRewrite(Exception):
    """Why the rewrite is refused, in words that the model can act on."""
