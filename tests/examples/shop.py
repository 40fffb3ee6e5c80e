"""The example's scripts, and the right fix for its bug."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

SHOP = Path(__file__).parent.parent.parent / "examples" / "shop"
FIX = Path(__file__).with_name("shop_fix.patch")


def script(name: str) -> ModuleType:
    """Import one of the example's scripts."""
    spec = importlib.util.spec_from_file_location(f"shop_{name}", SHOP / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


history = script("history")
deploy = script("deploy")
traffic = script("traffic")


def push_fix(origin: Path, place: Path) -> str:
    """Merge the right fix into main, as a code host would, and return the commit."""
    place.mkdir()
    history.git(place, "clone", "--quiet", str(origin), ".")
    history.git(place, "apply", str(FIX))
    history.git(
        place, "commit", "--quiet", "--all", "--message", "Unknown coupons are worth nothing"
    )
    history.git(place, "push", "--quiet", "origin", "main")
    sha: str = history.git(place, "rev-parse", "HEAD").strip()
    return sha
