"""What the names that a file imports mean inside the repository."""

import ast

from suture.localisation.functions import statements_of
from suture.localisation.snapshot import Imported, Snapshot

MAX_REEXPORTS = 4
MAX_IMPORTED_FILES = 60


def imports_of(path: str, snapshot: Snapshot) -> dict[str, Imported]:
    """Return what each imported name of a file means, as far as the repository defines it."""
    if path not in snapshot.imports:
        snapshot.imports[path] = _read_imports(path, snapshot)
    return snapshot.imports[path]


def imported_files(path: str, snapshot: Snapshot, depth: int = 1) -> tuple[str, ...]:
    """Return the repository's files that a file imports, nearest first, bounded."""
    found: list[str] = []
    layer = [path]
    for _ in range(depth):
        layer = [
            origin.path
            for each in layer
            for origin in imports_of(each, snapshot).values()
            if origin.path != path and origin.path not in found
        ]
        found.extend(dict.fromkeys(layer))
        found = found[:MAX_IMPORTED_FILES]
    return tuple(found)


def find_module(module: str, importer: str, snapshot: Snapshot, level: int = 0) -> str | None:
    """Return the file of a module, or None for what the repository does not hold."""
    tail = module.replace(".", "/")
    if level:
        folder = importer.split("/")[:-level]
        return _first_file("/".join([*folder, tail] if tail else folder), snapshot)
    here = importer.rpartition("/")[0]
    # The nearest folder above the importer from which the name resolves is its import root.
    while True:
        found = _first_file(f"{here}/{tail}" if here else tail, snapshot)
        if found or not here:
            break
        here = here.rpartition("/")[0]
    return found or _first_file(f"src/{tail}", snapshot) or _first_file(f"lib/{tail}", snapshot)


def _read_imports(path: str, snapshot: Snapshot) -> dict[str, Imported]:
    tree = snapshot.file(path).tree
    found: dict[str, Imported] = {}
    for node in statements_of(tree) if tree else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = find_module(alias.name, path, snapshot)
                if target:
                    found[alias.asname or alias.name] = Imported(path=target, name=None)
        elif isinstance(node, ast.ImportFrom):
            found |= _from_names(node, path, snapshot)
    return found


def _first_file(stem: str, snapshot: Snapshot) -> str | None:
    for path in (f"{stem}.py", f"{stem}/__init__.py", "__init__.py" if not stem else ""):
        if path in snapshot.paths:
            return path
    return None


def _from_names(node: ast.ImportFrom, path: str, snapshot: Snapshot) -> dict[str, Imported]:
    found: dict[str, Imported] = {}
    module = node.module or ""
    for alias in node.names:
        inner = f"{module}.{alias.name}" if module else alias.name
        submodule = find_module(inner, path, snapshot, node.level)
        parent = find_module(module, path, snapshot, node.level)
        if submodule and submodule != path:
            found[alias.asname or alias.name] = Imported(path=submodule, name=None)
        elif parent:
            origin = _follow(parent, alias.name, snapshot)
            found[alias.asname or alias.name] = origin
    return found


def _follow(path: str, name: str, snapshot: Snapshot) -> Imported:
    """Follow a name through the packages that only pass it on."""
    for _ in range(MAX_REEXPORTS):
        step = _reexport(path, name, snapshot)
        if step is None:
            break
        path, name = step
    return Imported(path=path, name=name)


def _reexport(path: str, name: str, snapshot: Snapshot) -> tuple[str, str] | None:
    tree = snapshot.file(path).tree
    for node in tree.body if tree else ():
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                target = find_module(node.module or "", path, snapshot, node.level)
                return None if target is None or target == path else (target, alias.name)
    return None
