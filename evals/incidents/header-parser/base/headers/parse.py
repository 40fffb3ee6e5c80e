"""Header lines, RFC 5322 as far as we need it.

A line is a name, the first colon, and a value; the value may hold anything, colons too.
Lines that begin with white space continue the value before them.
"""


class Malformed(ValueError):
    """A line that is no header and continues none."""


def unfold(text: str) -> list[str]:
    """Return the header lines with continuations joined by a space."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            break
        if line[0] in " \t":
            if not lines:
                raise Malformed(line)
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.rstrip())
    return lines


def parse(text: str) -> dict[str, list[str]]:
    """Return values by lower-case name, in order; a name may come more than once."""
    headers: dict[str, list[str]] = {}
    for line in unfold(text):
        if ":" not in line:
            raise Malformed(line)
        name, value = line.split(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return headers
