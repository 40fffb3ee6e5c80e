"""What a candidate changes, without a git process for each: there are thousands of them."""

import difflib
import re

PLAIN_PATH = re.compile(r"[\w.+@-]+(?:/[\w.+@-]+)*", re.ASCII)
CONTEXT = 3
LINE = re.compile(r"[^\n]*\n|[^\n]+")


def shared_ends(base: str, text: str) -> tuple[int, int]:
    """Return how many characters two texts share at their beginning and at their end."""
    before = _shared(base, text)
    longest = min(len(base), len(text)) - before
    after = _shared(base[len(base) - longest :][::-1], text[len(text) - longest :][::-1])
    return before, after


def _shared(one: str, other: str) -> int:
    """Find the first difference by halving: comparing slices is far faster than characters."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def unified_diff(path: str, base: str, text: str) -> str | None:
    """Return a diff that git applies; None where the path needs git's own quoting."""
    if not PLAIN_PATH.fullmatch(path):
        return None
    old, new = LINE.findall(base), LINE.findall(text)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = max(0, head - CONTEXT)
    kept = max(0, tail - CONTEXT)
    cut = old[start : len(old) - kept], new[start : len(new) - kept]
    hunks = difflib.SequenceMatcher(None, *cut, autojunk=False).get_grouped_opcodes(CONTEXT)
    said = [f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"]
    for hunk in hunks:
        first, last = hunk[0], hunk[-1]
        left = _range(start + first[1], last[2] - first[1])
        right = _range(start + first[3], last[4] - first[3])
        said.append(f"@@ -{left} +{right} @@\n")
        for tag, a, b, c, d in hunk:
            if tag == "equal":
                said += [_line(" ", line) for line in cut[0][a:b]]
                continue
            said += [_line("-", line) for line in cut[0][a:b]]
            said += [_line("+", line) for line in cut[1][c:d]]
    return "".join(said)


def _range(start: int, count: int) -> str:
    return f"{start + 1 if count else start},{count}"


def _line(mark: str, line: str) -> str:
    if line.endswith("\n"):
        return f"{mark}{line}"
    return f"{mark}{line}\n\\ No newline at end of file\n"
