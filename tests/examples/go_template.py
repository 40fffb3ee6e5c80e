"""As much of Go's text/template, with Sprig's functions, as the examples for Argo use.

https://pkg.go.dev/text/template and https://masterminds.github.io/sprig/
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

ACTION = re.compile(r"\{\{(.*?)\}\}")
TOKEN = re.compile(r'"[^"]*"|\d+|[()|]|(?:\.?\w+)+')


def go_printf(form: str, *values: object) -> str:
    return form % values


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "toJson": json.dumps,
    "printf": go_printf,
    "index": lambda holder, key: holder[key],
    "splitList": lambda mark, text: text.split(mark),
    "last": lambda values: values[-1],
}


def render(template: str, variables: Mapping[str, Any]) -> str:
    """Return the template with its actions replaced."""
    return ACTION.sub(lambda match: str(Pipeline(match[1], variables).value()), template)


class Pipeline:
    """Commands joined by bars: each gets what the one before returned as its last argument."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens = TOKEN.findall(text)
        self.variables = variables

    def value(self) -> Any:  # noqa: ANN401 - templates have no types
        found = self.command(())
        while self.tokens and self.tokens[0] == "|":
            self.tokens.pop(0)
            found = self.command((found,))
        return found

    def command(self, piped: tuple[Any, ...]) -> Any:  # noqa: ANN401 - the same
        words = []
        while self.tokens and self.tokens[0] not in {"|", ")"}:
            words.append(self.operand())
        first, *rest = words
        return first(*rest, *piped) if callable(first) else first

    def operand(self) -> Any:  # noqa: ANN401 - the same
        token = self.tokens.pop(0)
        if token == "(":
            found = self.value()
            assert self.tokens.pop(0) == ")"
            # In the examples a field after a bracket is always the bracket's.
            follows = bool(self.tokens) and self.tokens[0].startswith(".")
            return field(found, self.tokens.pop(0)) if follows else found
        if token.startswith("."):
            return field(self.variables, token)
        if token.startswith('"'):
            return token[1:-1]
        return int(token) if token.isdigit() else FUNCTIONS[token]


def field(holder: Any, path: str) -> Any:  # noqa: ANN401 - the same
    """Follow the names; a missing one is an error here, where Go would write `<no value>`."""
    for name in path.split(".")[1:]:
        holder = holder[name]
    return holder
