"""Comparisons of texts: every operation is one way to use the library."""

import difflib

OLD = ["one\n", "two\n", "three\n", "four\n", "five\n", "six\n", "seven\n", "eight\n"]
NEW = ["one\n", "2\n", "three\n", "four and more\n", "six\n", "seven\n", "nine\n", "eight\n"]


def op_ratio() -> object:
    return difflib.SequenceMatcher(None, "abcd", "bcde").ratio()


def op_quick() -> object:
    matcher = difflib.SequenceMatcher(None, "abcd", "bcde")
    return matcher.quick_ratio(), matcher.real_quick_ratio()


def op_blocks() -> object:
    return difflib.SequenceMatcher(None, OLD, NEW).get_matching_blocks()


def op_opcodes() -> object:
    return difflib.SequenceMatcher(None, OLD, NEW).get_opcodes()


def op_grouped() -> object:
    return list(difflib.SequenceMatcher(None, OLD, NEW).get_grouped_opcodes(1))


def op_longest() -> object:
    return difflib.SequenceMatcher(None, "xabcy", "zabcw").find_longest_match()


def op_junk() -> object:
    return difflib.SequenceMatcher(lambda mark: mark == " ", "a b c", "ab c").ratio()


def op_popular() -> object:
    return difflib.SequenceMatcher(None, "ab" * 150, "ba" * 150).ratio()


def op_changed() -> object:
    matcher = difflib.SequenceMatcher()
    matcher.set_seqs("abc", "abd")
    matcher.set_seq1("abx")
    return matcher.ratio()


def op_unified() -> object:
    return list(difflib.unified_diff(OLD, NEW, "old", "new", n=1))


def op_unified_dated() -> object:
    return list(difflib.unified_diff(OLD, NEW, "old", "new", "yesterday", "today"))


def op_unified_empty() -> object:
    return list(difflib.unified_diff([], NEW)), list(difflib.unified_diff(OLD, OLD))


def op_context() -> object:
    return list(difflib.context_diff(OLD, NEW, "old", "new", n=1))


def op_context_empty() -> object:
    return list(difflib.context_diff(OLD, []))


def op_bytes() -> object:
    old, new = [each.encode() for each in OLD], [each.encode() for each in NEW]
    return list(difflib.diff_bytes(difflib.unified_diff, old, new, b"a", b"b"))


def op_ndiff() -> object:
    return list(difflib.ndiff(OLD, NEW))


def op_differ() -> object:
    return list(difflib.Differ().compare(["a tab\there\n", "same\n"], ["a tab\tthere\n", "same\n"]))


def op_differ_junk() -> object:
    return list(difflib.Differ(difflib.IS_LINE_JUNK, difflib.IS_CHARACTER_JUNK).compare(OLD, NEW))


def op_restore() -> object:
    return list(difflib.restore(list(difflib.ndiff(OLD, NEW)), 2))


def op_close() -> object:
    return difflib.get_close_matches("appel", ["ape", "apple", "peach"], n=2, cutoff=0.5)


def op_table() -> object:
    return difflib.HtmlDiff().make_table(OLD, NEW, context=True, numlines=1)


def op_page() -> object:
    return difflib.HtmlDiff(wrapcolumn=4).make_file(OLD, NEW, "old", "new")


def op_page_whole() -> object:
    return difflib.HtmlDiff(tabsize=4).make_file(["a\tb\n"], ["a\tc\n"])
