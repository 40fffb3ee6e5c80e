"""Suture's words as GitLab takes them: marked, of its lengths, and without its quick actions.

A line such as `/merge` or `/close` in a description or a comment is a command to GitLab, done in
the name of whose token it is. What comes from alerts, code and models must never be one. Source:
https://docs.gitlab.com/user/project/quick_actions/.
"""

import re

from integrations import marks

MAX_TITLE = 240
"""GitLab takes 255 characters, and a draft's prefix must fit, too."""
DRAFT = "Draft: "
DRAFT_SIGNS = re.compile(r"\A(?:\s*(?:\[draft\]|\(draft\)|draft:))+\s*", re.IGNORECASE)
COMMAND = re.compile(r"^([ \t]*)/(?=[A-Za-z_]+(?:\s|$))", re.MULTILINE)


def title_of(title: str) -> str:
    """Return a title as Suture writes it, without a draft's prefix."""
    return marks.one_title(undrafted(_encodable(title)), MAX_TITLE)


def undrafted(title: str) -> str:
    """Return a title without what makes a draft of a merge request."""
    return DRAFT_SIGNS.sub("", title)


def without_commands(text: str) -> str:
    """Return a text in which no line is a quick action; Markdown shows it as it was."""
    lines = _encodable(text).replace("\r\n", "\n").replace("\r", "\n")
    return COMMAND.sub(r"\1\\/", lines)


def written(text: str, title: str, state: str) -> str:
    """Return Suture's part of a description, between marks."""
    return marks.written(without_commands(text), title, state)


def comment_text(key: str, text: str) -> str:
    """Return a comment with its mark."""
    return marks.comment_text(key, without_commands(text))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
