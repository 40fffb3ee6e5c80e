"""Reports for people: every operation is one way to use the library."""

import collections
import dataclasses
import io
import pprint
import types

LONG = [f"item number {number} of a list" for number in range(12)]


@dataclasses.dataclass
class Order:
    """What a customer wants."""

    name: str
    items: list[str]
    parent: "Order | None" = None


def op_list() -> object:
    return pprint.pformat(LONG)


def op_short_list() -> object:
    return pprint.pformat([1, 2, 3])


def op_mapping() -> object:
    return pprint.pformat({word: LONG[:3] for word in ("b", "a", "c")})


def op_unsorted() -> object:
    return pprint.pformat({"b": LONG, "a": 1}, sort_dicts=False)


def op_tuple() -> object:
    return pprint.pformat((tuple(LONG), ("one",)))


def op_sets() -> object:
    return pprint.pformat({*LONG}) + pprint.pformat(frozenset(LONG))


def op_text() -> object:
    return pprint.pformat("words and words " * 20)


def op_lines() -> object:
    return pprint.pformat(["first line\nsecond line\n" * 6], width=30)


def op_bytes() -> object:
    return pprint.pformat(b"some bytes " * 20) + pprint.pformat(bytearray(b"some bytes " * 20))


def op_depth() -> object:
    return pprint.pformat({"a": {"b": {"c": [1]}}}, depth=2)


def op_recursion() -> object:
    endless: list[object] = [1]
    endless.append(endless)
    return pprint.pformat(endless), pprint.isrecursive(endless)


def op_readable() -> object:
    return pprint.isreadable({"a": [1, (2,)]}), pprint.isreadable(object())


def op_compact() -> object:
    return pprint.pformat(list(range(60)), compact=True)


def op_numbers() -> object:
    return pprint.pformat({"n": 1_234_567, "m": [10_000] * 12}, underscore_numbers=True)


def op_dataclass() -> object:
    return pprint.pformat(Order("first", LONG, Order("second", LONG)))


def op_namespace() -> object:
    return pprint.pformat(types.SimpleNamespace(name="x", items=LONG))


def op_ordered() -> object:
    return pprint.pformat(collections.OrderedDict((word, LONG) for word in "ab"))


def op_default() -> object:
    return pprint.pformat(collections.defaultdict(list, a=LONG))


def op_counter() -> object:
    return pprint.pformat(collections.Counter({word: 3 for word in LONG}))


def op_chain() -> object:
    return pprint.pformat(collections.ChainMap({"a": LONG}, {"b": LONG}))


def op_deque() -> object:
    return pprint.pformat(collections.deque(LONG, maxlen=20)) + pprint.pformat(
        collections.deque(LONG)
    )


def op_stream() -> object:
    out = io.StringIO()
    pprint.pprint({"a": LONG}, stream=out, width=40, indent=4)
    return out.getvalue()


def op_proxy() -> object:
    return pprint.pformat(types.MappingProxyType({"a": LONG}))


def op_mixed_keys() -> object:
    return pprint.pformat({1: LONG, "a": LONG, None: 1})
