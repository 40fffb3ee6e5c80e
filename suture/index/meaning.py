"""Whether a call means a certain definition, as far as names and imports tell."""

import posixpath
from enum import IntEnum

from suture.index.languages import JVM, SCRIPTS, Language, language_of
from suture.index.symbols import Call, Definition, FileSymbols, Import

OWN = frozenset({"self", "cls", "this", "super()", "super"})
INDEX_FILES = ("__init__", "index")


class Certainty(IntEnum):
    """How sure it is that a call means a definition."""

    NO = 0
    POSSIBLE = 1
    """A method of that name, on something whose class nobody knows."""
    SURE = 2


def meaning(
    call: Call, caller: tuple[str, FileSymbols], path: str, target: Definition
) -> Certainty:
    """Tell whether a call in a file means this definition of that path.

    Constructors are called by their class's name, so `Cart(...)` means `Cart.__init__`, too.
    """
    where, symbols = caller
    if symbols.name_of(call) not in called_names(target, path):
        return Certainty.NO
    if family(where) != family(path):
        return Certainty.NO
    if where == path:
        return _in_same_file(call, symbols, path, target)
    return _in_other_file(call, where, symbols, path, target)


def called_names(target: Definition, path: str) -> frozenset[str]:
    """Return the names by which calls may mean a definition."""
    owner = target.owner.rpartition(".")[2]
    if owner and target.simple in {"__init__", "__new__", "constructor", owner}:
        return frozenset({owner, target.simple})
    if target.simple == "__call__" and language_of(path) is Language.PYTHON:
        return frozenset({owner, target.simple})
    return frozenset({target.simple})


def family(path: str) -> str:
    """Return which files can call each other: those of one language, or of one platform."""
    language = language_of(path)
    if language in SCRIPTS:
        return "script"
    return "jvm" if language in JVM else str(language)


def names_file(found: Import, importer: str, path: str) -> bool:
    """Whether an import's module is this file, or a package that holds it."""
    language = language_of(importer)
    if language in SCRIPTS:
        return _script_names(found.module, importer, path)
    stem = posixpath.splitext(path)[0]
    folder, _, name = stem.rpartition("/")
    places = [folder, stem] if name not in INDEX_FILES else [folder]
    wanted = found.module.replace(".", "/") if language is not Language.GO else found.module
    if language is Language.PYTHON:
        return _python_names(found, importer, path)
    if language is Language.GO:
        # A package's path begins with a module name that no folder of the repository has.
        return any(_ends_alike(place, wanted) for place in (folder,) if place)
    return any(
        f"/{place}".endswith((f"/{wanted}", f"/{wanted}/{found.original}")) for place in places
    )


def _in_same_file(call: Call, symbols: FileSymbols, path: str, target: Definition) -> Certainty:
    owner = target.owner
    if call.receiver in OWN or _is_go_receiver(call, path):
        around = symbols.function_at(call.line)
        same = around is not None and around.owner == owner
        return Certainty.SURE if same else Certainty.POSSIBLE if owner else Certainty.NO
    if not call.receiver:
        bare = not owner or _is_reachable_bare(symbols, target, path)
        return Certainty.SURE if bare or _builds(call, target) else Certainty.NO
    if call.receiver in {owner, owner.rpartition(".")[2]} and owner:
        return Certainty.SURE
    imported = _import_of(call.receiver, symbols)
    return Certainty.NO if imported is not None or not owner else Certainty.POSSIBLE


def _builds(call: Call, target: Definition) -> bool:
    """Whether a call names the class that a constructor is of."""
    return bool(target.owner) and call.name == target.owner.rpartition(".")[2]


def _is_go_receiver(call: Call, path: str) -> bool:
    """In Go, `c.add()` inside `func (c *Cart)`: the receiver's name is anybody's choice."""
    return language_of(path) is Language.GO and bool(call.receiver) and len(call.receiver) == 1


def _is_reachable_bare(symbols: FileSymbols, target: Definition, path: str) -> bool:
    """A nested function by its outer one, and a method where no `this` has to be written."""
    outer = symbols.find(target.owner)
    nested = outer is not None and outer in symbols.functions
    return nested or family(path) == "jvm"


def _in_other_file(
    call: Call, where: str, symbols: FileSymbols, path: str, target: Definition
) -> Certainty:
    if call.receiver:
        return _through_receiver(call, where, symbols, path, target)
    imported = _import_of(call.name, symbols)
    if imported is not None:
        known = names_file(imported, where, path)
        return Certainty.SURE if known else Certainty.NO
    if _is_neighbour(where, path) and (not target.owner or _builds(call, target)):
        return Certainty.SURE
    starred = (each for each in symbols.imports if each.local == "*")
    found = any(names_file(each, where, path) for each in starred)
    return Certainty.POSSIBLE if found else Certainty.NO


def _through_receiver(
    call: Call, where: str, symbols: FileSymbols, path: str, target: Definition
) -> Certainty:
    imported = _import_of(call.receiver, symbols)
    if imported is not None:
        named = imported if target.owner else _as_module(imported, where)
        known = named is not None and names_file(named, where, path)
        if known and (not target.owner or imported.original or _builds(call, target)):
            return Certainty.SURE
        # An imported object may be of a class that is defined elsewhere.
        return Certainty.POSSIBLE if target.owner and imported.original else Certainty.NO
    if call.receiver == target.owner.rpartition(".")[2] and target.owner:
        return Certainty.SURE if _is_neighbour(where, path) else Certainty.POSSIBLE
    return Certainty.POSSIBLE if target.owner else Certainty.NO


def _as_module(found: Import, importer: str) -> Import | None:
    """Return what was imported as a module of its own; None for what can be none."""
    if found.original in {"", "default"}:
        return found
    if language_of(importer) is not Language.PYTHON:
        return None
    dot = "" if found.module.endswith(".") else "."
    return Import(found.local, f"{found.module}{dot}{found.original}")


def _import_of(name: str, symbols: FileSymbols) -> Import | None:
    return next((each for each in symbols.imports if each.local == name), None)


def _is_neighbour(where: str, path: str) -> bool:
    """Whether two files see each other without an import, as those of one package do."""
    packaged = language_of(path) in (Language.GO, *JVM)
    return packaged and posixpath.dirname(where) == posixpath.dirname(path)


def _python_names(found: Import, importer: str, path: str) -> bool:
    stem = posixpath.splitext(path)[0].removesuffix("/__init__")
    dots = len(found.module) - len(found.module.lstrip("."))
    tail = found.module[dots:].replace(".", "/")
    modules = [tail, f"{tail}/{found.original}".strip("/")]
    if dots:
        folder = "/".join(importer.split("/")[:-dots])
        modules = [f"{folder}/{module}".strip("/") for module in modules]
        return any(_is_or_holds(module, stem) for module in modules if module)
    return any(_has_part(stem, module) for module in modules if module)


def _is_or_holds(module: str, stem: str) -> bool:
    return stem == module or stem.startswith(f"{module}/")


def _has_part(stem: str, module: str) -> bool:
    """Whether the module's path is a whole part of the file's, wherever packages begin."""
    return f"/{module}/" in f"/{stem}/"


def _script_names(module: str, importer: str, path: str) -> bool:
    if not module.startswith("."):
        # A package of a workspace, or an alias that a bundler knows: its last part must fit.
        return _ends_alike(posixpath.splitext(path)[0].removesuffix("/index"), module)
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
    stem = posixpath.splitext(path)[0]
    plain = posixpath.splitext(wanted)[0]
    return stem in {wanted, plain, f"{wanted}/index"} or stem.startswith(f"{wanted}/")


def _ends_alike(place: str, module: str) -> bool:
    return place.rpartition("/")[2] == module.rpartition("/")[2]
