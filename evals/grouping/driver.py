"""Runs in the sandbox: every operation of a service on every mutant, each in its own process.

Reads `mutants.json` (what to run, on what, for how long), and writes `found.json` ({name:
{operation: traceback}}). What fails with the unchanged library is left out, and so is a mutant
that cannot be imported.
"""

import contextlib
import io
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

SECONDS_PER_MUTANT = 20
MAX_TRACEBACK = 20_000


def main() -> None:
    """Run all mutants."""
    here = Path.cwd()
    plan = json.loads((here / "mutants.json").read_text())
    target = here / "app" / plan["file"]
    original = target.read_text()
    seconds = plan["seconds"]
    sound = set(run(here, target, original, seconds).get("passed", []))
    found = {}
    for name, source in plan["mutants"].items():
        result = run(here, target, source, seconds)
        failed = result.get("failed", {})
        found[name] = {each: said for each, said in failed.items() if each in sound}
    (here / "found.json").write_text(json.dumps(found))


def run(here: Path, target: Path, source: str, seconds: float) -> dict[str, Any]:
    """Run the operations in a child, and return what passed and what failed."""
    target.write_text(source)
    answer = here / "answer.json"
    answer.unlink(missing_ok=True)
    library = target.relative_to(here / "app").parts[0].removesuffix(".py")
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS_PER_MUTANT)
        with contextlib.suppress(BaseException):
            answer.write_text(json.dumps(operate(here, library, seconds)))
        os._exit(0)
    os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(answer.read_text()) if answer.exists() else {}
    return found


def operate(here: Path, library: str, seconds: float) -> dict[str, Any]:
    """Run the operations of `app/service.py` in the order of their names."""
    sys.path.insert(0, str(here / "app"))
    sys.dont_write_bytecode = True
    # The interpreter may have imported the original itself.
    for name in [each for each in sys.modules if each.partition(".")[0] == library]:
        del sys.modules[name]
    import service  # type: ignore[import-not-found] # noqa: PLC0415 - it is there only now

    passed: list[str] = []
    failed: dict[str, str] = {}
    signal.signal(signal.SIGVTALRM, interrupt)
    for name in sorted(each for each in dir(service) if each.startswith("op_")):
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                getattr(service, name)()
            passed.append(name)
        except TimeoutError:
            continue
        except Exception:  # noqa: BLE001 - whatever it raises is what is looked for
            failed[name] = traceback.format_exc()[-MAX_TRACEBACK:]
        except SystemExit:
            continue
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return {"passed": passed, "failed": failed}


def interrupt(*_: object) -> None:
    """End an operation that goes on for ever."""
    raise TimeoutError


if __name__ == "__main__":
    main()
