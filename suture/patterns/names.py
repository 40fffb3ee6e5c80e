"""REPAIR: a name, attribute, keyword or key that is not the one that was meant."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import BUILTINS, last_name, module_names, parameter_names
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import most_similar, similarity

ELSEWHERE = {
    "length": ("__len__",),
    "push": ("append",),
    "add": ("append", "update", "extend"),
    "append": ("add", "insert", "extend", "update"),
    "has_key": ("__contains__",),
    "iteritems": ("items",),
    "itervalues": ("values",),
    "iterkeys": ("keys",),
    "contains": ("__contains__",),
    "trim": ("strip",),
    "to_s": ("__str__",),
    "toLowerCase": ("lower",),
    "tostring": ("tobytes",),
    "getvalue": ("get",),
    "first": ("pop",),
    "indexOf": ("index", "find"),
    "size": ("__len__",),
    "concat": ("extend",),
}
"""What other languages, or other types, call a method."""

PLAIN = {
    "str": str,
    "bytes": bytes,
    "int": int,
    "float": float,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "set": set,
    "frozenset": frozenset,
    "bool": bool,
}
"""Types whose members are known without any source."""


def undefined_name(scene: Scene) -> Iterator[Suggestion]:
    """Read the name that exists instead of a misspelt one.

    Before:
        def total(prices):
            return sum(price)
        >>> total([1, 2])
    After:
        def total(prices):
            return sum(prices)
    """
    wanted = scene.complaint
    for spot, node in scene.each(ast.Name):
        if node.id != wanted.name:
            continue
        near = spot.near(node)
        known = near | spot.scope | BUILTINS
        choices = most_similar(node.id, known, hint=wanted.hint, favoured=near)
        for choice, score in choices:
            yield Suggestion(
                spot,
                (spot.file.replace(node, choice),),
                f"Use `{choice}` instead of the undefined `{node.id}` in {spot.where}",
                f"`{node.id}` is defined nowhere in reach; `{choice}` is.",
                score,
            )


def confused_name(scene: Scene) -> Iterator[Suggestion]:
    """Read another variable of the same scope.

    Before:
        def area(width, height):
            return width * width
        >>> assert area(2, 3) == 6
    After:
        def area(width, height):
            return width * height
    """
    for spot, node in scene.each(ast.Name):
        near = spot.near(node)
        if not isinstance(node.ctx, ast.Load) or node.id not in near:
            continue
        # A variable that nothing reads any more was hardly made for nothing.
        lost = 0.4 if spot.is_last_read(node) else 1.0
        for choice in sorted(near - {node.id, "self", "cls"}):
            closeness = similarity(node.id, choice)
            yield Suggestion(
                spot,
                (spot.file.replace(node, choice),),
                f"Use `{choice}` instead of `{node.id}` in {spot.where}",
                f"`{node.id}` is read where `{choice}` of the same scope may be meant.",
                lost * (0.5 + 0.5 * closeness),
            )


def missing_attribute(scene: Scene) -> Iterator[Suggestion]:
    """Use the attribute that the object has instead of a misspelt or renamed one.

    Before:
        class Cart:
            def __init__(self):
                self.items = []
            def size(self):
                return len(self.itens)
        >>> Cart().size()
    After:
        class Cart:
            def __init__(self):
                self.items = []
            def size(self):
                return len(self.items)
    """
    wanted = scene.complaint
    candidates = _attributes(scene)
    for spot, node in scene.each(ast.Attribute):
        if node.attr != wanted.name:
            continue
        known = candidates or scene.index.attributes
        choices = most_similar(node.attr, known, hint=wanted.hint, favoured=scene.names_changed)
        others = [(name, 0.7) for name in ELSEWHERE.get(node.attr, ()) if name in candidates]
        for choice, score in [*choices, *others]:
            yield Suggestion(
                spot,
                (spot.file.rename(node, choice),),
                f"Use `{choice}` instead of the missing `{node.attr}` in {spot.where}",
                f"`{wanted.subject}` has no attribute `{node.attr}`; it has `{choice}`.",
                score,
            )


def _attributes(scene: Scene) -> set[str]:
    subject = scene.complaint.subject.rpartition(".")[2]
    if subject in PLAIN:
        return {name for name in dir(PLAIN[subject]) if not name.startswith("__")}
    for file in scene.files.values():
        module = file.path.removesuffix(".py").replace("/", ".")
        if module.endswith(scene.complaint.subject):
            return module_names(file.tree)
    return scene.index.members(subject)


def confused_attribute(scene: Scene) -> Iterator[Suggestion]:
    """Read another attribute of the same object.

    Before:
        class Account:
            def __init__(self):
                self.balance, self.balance_limit = 5, 9
            def left(self):
                return self.balance_limit
        >>> assert Account().left() == 5
    After:
        class Account:
            def __init__(self):
                self.balance, self.balance_limit = 5, 9
            def left(self):
                return self.balance
    """
    for spot, node in scene.each(ast.Attribute):
        owner = spot.file.class_of(spot.statement)
        own = owner is not None and last_name(node.value) == "self"
        known = scene.index.members(owner.name) if own and owner else scene.index.attributes
        for choice, score in most_similar(node.attr, known):
            yield Suggestion(
                spot,
                (spot.file.rename(node, choice),),
                f"Use `{choice}` instead of `{node.attr}` in {spot.where}",
                f"`{node.attr}` is used where the similar `{choice}` may be meant.",
                score if own else 0.6 * score,
            )


def unknown_keyword(scene: Scene) -> Iterator[Suggestion]:
    """Pass the keyword that the function takes, or leave out one that it does not take.

    Before:
        def send(address, subject=""):
            return address + subject
        def notify(address):
            return send(address, subjct="hello")
        >>> notify("a")
    After:
        def send(address, subject=""):
            return address + subject
        def notify(address):
            return send(address, subject="hello")
    """
    wanted = scene.complaint
    for spot, node in scene.each(ast.Call):
        for keyword in node.keywords:
            if keyword.arg != wanted.name:
                continue
            known = {name for f in scene.index.called(node) for name in parameter_names(f.node)}
            known -= {other.arg or "" for other in node.keywords}
            value = spot.file.segment(keyword.value)
            for choice, score in most_similar(wanted.name, known, hint=wanted.hint, favoured=known):
                yield Suggestion(
                    spot,
                    (spot.file.replace(keyword, f"{choice}={value}"),),
                    f"Pass `{choice}` instead of `{wanted.name}` in {spot.where}",
                    f"`{last_name(node.func)}` takes no `{wanted.name}`, but `{choice}`.",
                    score,
                )


def wrong_key(scene: Scene) -> Iterator[Suggestion]:
    """Look up the key that is there instead of a misspelt or renamed one.

    Before:
        def label(row):
            return row["nmae"]
        def row():
            return {"name": "bolt", "price": 2}
        >>> label(row())
    After:
        def label(row):
            return row["name"]
        def row():
            return {"name": "bolt", "price": 2}
    """
    for spot, node in scene.each(ast.Constant):
        if repr(node.value) != scene.complaint.name or not isinstance(node.value, str):
            continue
        quote = spot.file.segment(node)[-1:]
        seen = _keys_of_locals(scene)
        favoured = seen | scene.names_changed
        for choice, score in most_similar(node.value, scene.index.keys | seen, favoured=favoured):
            yield Suggestion(
                spot,
                (spot.file.replace(node, f"{quote}{choice}{quote}"),),
                f"Look up {choice!r} instead of {node.value!r} in {spot.where}",
                f"There is no key {node.value!r}; {choice!r} is used as a key elsewhere.",
                score,
            )


def _keys_of_locals(scene: Scene) -> set[str]:
    links = scene.given.alert.exceptions[-1:]
    values = [v for link in links for f in link.frames[-3:] for v in f.variables.values()]
    return {
        key
        for value in values
        if isinstance(value, dict)
        for key in value
        if key.replace("_", "").replace("-", "").isalnum()
    }


def missing_self(scene: Scene) -> Iterator[Suggestion]:
    """Reach a method or an attribute through `self`.

    Before:
        class Cart:
            def tax(self):
                return 1
            def total(self):
                return 2 + tax()
        >>> Cart().total()
    After:
        class Cart:
            def tax(self):
                return 1
            def total(self):
                return 2 + self.tax()
    """
    name = scene.complaint.name
    for spot, node in scene.each(ast.Name):
        owner = spot.file.class_of(spot.statement)
        if node.id == name and owner and name in scene.index.members(owner.name):
            through = "self" if "self" in spot.locals else owner.name
            yield Suggestion(
                spot,
                (spot.file.replace(node, f"{through}.{name}"),),
                f"Reach `{name}` through `{through}` in {spot.where}",
                f"`{name}` is a member of {owner.name}, not a name of its own.",
            )


PATTERNS = (
    Pattern("names.undefined", undefined_name, 1.0, frozenset({Shape.NAME, Shape.UNBOUND})),
    Pattern("names.confused", confused_name, 0.5, frozenset({Shape.ASSERTION}), 0.3),
    Pattern("names.attribute", missing_attribute, 0.95, frozenset({Shape.ATTRIBUTE})),
    Pattern("names.attribute_confused", confused_attribute, 0.5, frozenset({Shape.ASSERTION}), 0.4),
    Pattern("names.keyword", unknown_keyword, 0.95, frozenset({Shape.ARGUMENT_KEYWORD})),
    Pattern("names.key", wrong_key, 0.9, frozenset({Shape.KEY})),
    Pattern("names.self", missing_self, 1.0, frozenset({Shape.NAME})),
)
