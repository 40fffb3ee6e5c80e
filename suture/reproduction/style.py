"""How a project writes its tests: where, in which framework, under which names, in which quotes."""

import itertools
import posixpath
import re
from collections import Counter

from suture.domain.value import Value
from suture.reproduction.layout import ImportPath, ProjectLayout, imports

TESTS_FOLDER = "tests"


class TestStyle(Value):
    """Where and how to write a new test. Paths are relative to the repository."""

    __test__ = False

    folder: str = TESTS_FOLDER
    unittest: bool = False
    suffix: bool = False
    """Files are named `x_test.py` rather than `test_x.py`."""
    double_quotes: bool = True


def style_of(layout: ProjectLayout, way: ImportPath) -> TestStyle:
    """Return the style of the tests nearest to a module: those that import it, else all."""
    tests = layout.tests()
    near = [path for path in tests if imports(layout.sources.get(path, ""), way.module)]
    chosen = near or list(tests)
    prefix = posixpath.join(layout.root, "")
    if not chosen:
        return TestStyle(folder=f"{prefix}{TESTS_FOLDER}")
    folders = Counter(path.rpartition("/")[0] for path in chosen)
    texts = [layout.sources.get(path, "") for path in chosen]
    cases = sum(bool(re.search(r"\(\s*(?:unittest\.)?TestCase\s*\)", text)) for text in texts)
    source = "\n".join(texts)
    return TestStyle(
        folder=min(folders, key=lambda name: (-folders[name], name)),
        unittest=cases * 2 > len(texts),
        suffix=sum(path.endswith("_test.py") for path in chosen) * 2 > len(chosen),
        double_quotes=source.count('"') >= source.count("'"),
    )


def new_test_path(layout: ProjectLayout, style: TestStyle, module: str, digest: str) -> str:
    """Return a path that no file of the repository has."""
    subject = module.rsplit(".", 1)[-1].strip("_") or "module"
    taken = set(layout.files)
    stem = f"{subject}_regression_{digest[:8]}"
    names = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))
    files = (f"{name}_test.py" if style.suffix else f"test_{name}.py" for name in names)
    paths = (f"{style.folder}/{file}" if style.folder else file for file in files)
    return next(path for path in paths if path not in taken)
