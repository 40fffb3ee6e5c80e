"""Records `suture demo` as `demo.svg`: the real thing's output, in the colours of a terminal.

`python -m docs.assets.record_demo` plays the demo and replaces the picture if it ended well.
"""

import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from suture.settings import child_environment

PICTURE = Path(__file__).parent / "demo.svg"
COLUMNS = 112
TOKEN = re.compile(r"(?<=with the token )[\w-]+")
CONTROL = re.compile(r"\x1b\[\?\d+[hl]|\r")
WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""rich's pictures ask a server for their font; a picture should not."""
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)


def play() -> str:
    """Run the demo and return what it printed, with colours but without animation.

    Raises:
        subprocess.CalledProcessError: it did not end well.
    """
    environment = child_environment(
        TTY_COMPATIBLE="1",
        TTY_INTERACTIVE="0",
        TERM="xterm-256color",
        COLORTERM="truecolor",
        COLUMNS=str(COLUMNS),
    )
    command = [sys.executable, "-m", "apps.cli", "demo", "--yes"]
    ran = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return ran.stdout


def picture(output: str) -> str:
    """Return the output as a self-contained SVG; the login token, long useless, is left out."""
    text = Text.from_ansi(CONTROL.sub("", TOKEN.sub("…", output)).strip())
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        console.print(Text("$ make demo", style="bold"))
        console.print(text)
        svg = console.export_svg(title="suture demo", unique_id="demo")
    return COMMENT.sub("", WEB_FONT.sub("", svg)) + "\n"


def main() -> None:
    """Play and record."""
    PICTURE.write_text(picture(play()), encoding="utf-8")
    print(f"Wrote {PICTURE}")


if __name__ == "__main__":
    main()
