"""Puts one text in another's place, in files of any language."""

from suture.agent.refusals import UNCHANGED, CannotRewrite
from suture.localisation.functions import parse_python
from suture.secret_forms import MARK


def replace_text(path: str, content: str, old: str, new: str) -> str:
    """Return the file with the only occurrence of a text replaced.

    Line ends may be written as the model likes; the file keeps its own.

    Raises:
        CannotRewrite: the text does not occur exactly once, or Python would no longer parse.
    """
    newline = "\r\n" if "\r\n" in content else "\n"
    wanted, given = (text.replace("\r\n", "\n").replace("\n", newline) for text in (old, new))
    count = content.count(wanted)
    if count != 1:
        found = f"{count} times" if count else "not at all"
        raise CannotRewrite(f"The old text occurs {found} in {path}. Copy it with more around it.")
    if MARK in given:
        raise CannotRewrite(f"{MARK} stands for a secret and is no code: do not rewrite that line.")
    if wanted == given:
        raise CannotRewrite(UNCHANGED)
    changed = content.replace(wanted, given)
    if path.endswith(".py") and parse_python(changed.removeprefix("\ufeff")) is None:
        raise CannotRewrite("The file would no longer parse.")
    return changed
