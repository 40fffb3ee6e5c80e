"""Which files of the repository a file can name, in languages that are read as symbols."""

import posixpath

from suture.index.languages import JVM, SCRIPTS, Language, language_of
from suture.index.symbols import Import
from suture.index.testing import is_test_file
from suture.localisation.snapshot import Snapshot

SCRIPT_ENDS = ("", ".js", ".ts", ".tsx", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
COMPILED_ENDS = {".js": ".ts", ".mjs": ".mts", ".cjs": ".cts", ".jsx": ".tsx"}
JVM_ENDS = (".java", ".kt")
MAX_PACKAGE_FILES = 40


def files_seen_from(path: str, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the files that a file imports, and those of its own package, nearest first."""
    if path not in snapshot.seen:
        snapshot.seen[path] = _look(path, snapshot)
    return snapshot.seen[path]


def _look(path: str, snapshot: Snapshot) -> tuple[str, ...]:
    language = language_of(path)
    found: list[str] = []
    if language in (Language.GO, *JVM):
        found += _package(posixpath.dirname(path), path, snapshot)
    for each in snapshot.file(path).symbols.imports:
        found += _imported(each, path, snapshot)
    return tuple(dict.fromkeys(each for each in found if each != path))


def _imported(found: Import, importer: str, snapshot: Snapshot) -> list[str]:
    language = language_of(importer)
    if language in SCRIPTS:
        return _script(found.module, importer, snapshot)
    if language is Language.GO:
        return _go_package(found.module, importer, snapshot)
    whole = f"{found.module}.{found.original}" if found.original else found.module
    return _jvm_class(whole, snapshot)


def _script(module: str, importer: str, snapshot: Snapshot) -> list[str]:
    if not module.startswith("."):
        return []
    place = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
    stem, end = posixpath.splitext(place)
    tried = [place + each for each in SCRIPT_ENDS]
    tried += [stem + COMPILED_ENDS[end]] if end in COMPILED_ENDS else []
    tried += [f"{place}/index{each}" for each in SCRIPT_ENDS[1:]]
    return [each for each in tried if each in snapshot.paths][:1]


def _go_package(module: str, importer: str, snapshot: Snapshot) -> list[str]:
    """Find the folder: a package's path begins with a module name that no folder has."""
    parts = module.split("/")
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        folders = [
            folder
            for folder in snapshot.folders.get(parts[-1], ())
            if folder == tail or folder.endswith(f"/{tail}")
        ]
        if folders:
            return _package(folders[0], importer, snapshot)
    return []


def _jvm_class(name: str, snapshot: Snapshot) -> list[str]:
    stem = name.replace(".", "/")
    last = stem.rpartition("/")[2]
    return [
        path
        for end in JVM_ENDS
        for path in snapshot.by_name.get(f"{last}{end}", ())
        if f"/{path}".endswith(f"/{stem}{end}")
    ]


def _package(folder: str, importer: str, snapshot: Snapshot) -> list[str]:
    language = language_of(importer)
    found = [
        each
        for each in snapshot.files_in(folder)
        if language_of(each) is language and not is_test_file(each)
    ]
    return found[:MAX_PACKAGE_FILES]
