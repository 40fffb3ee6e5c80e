"""What hides an error in other languages than Python, and what only guards against it."""

import pytest

from suture.agent.nature import nature_of
from suture.domain.patch import PatchNature

SCRIPT = "function mean(all) {\n  const sum = add(all);\n  return sum / all.length;\n}\n"
GO = "package a\n\nfunc Mean(all []int) int {\n\tsum := add(all)\n\treturn sum / len(all)\n}\n"
JAVA = (
    "class A {\n  int mean(int[] all) {\n    int sum = add(all);\n"
    "    return sum / all.length;\n  }\n}\n"
)
KOTLIN = "fun mean(all: List<Int>): Int {\n  val sum = add(all)\n  return sum / all.size\n}\n"
FILES = {"a.js": SCRIPT, "a.ts": SCRIPT, "a.go": GO, "A.java": JAVA, "A.kt": KOTLIN}
HIDING = [
    ("a.js", "return sum / all.length;", "try { return sum / all.length; } catch { return 0; }"),
    ("a.ts", "const sum = add(all);", "return 0;\n  const sum = add(all);"),
    ("a.js", "const sum", "if (all.length === 3) return 7;\n  const sum"),
    ("a.js", "sum / all.length", "all[0] === 5 ? 9 : sum / all.length"),
    ("a.js", "add(all)", "process.env.NODE_ENV === 'x' ? 1 : add(all)"),
    ("a.js", "add(all)", "add(all).catch(console.log)"),
    ("a.go", "sum := add(all)", "defer func() { recover() }()\n\tsum := add(all)"),
    ("a.go", "sum := add", "if all[0] == 5 {\n\t\treturn 9\n\t}\n\tsum := add"),
    ("a.go", "sum := add(all)\n\treturn sum / len(all)", "return 0"),
    (
        "A.java",
        "return sum / all.length;",
        "try { return add(all); } catch (Exception e) { return 0; }",
    ),
    ("A.kt", "return sum / all.size", "return runCatching { sum / all.size }.getOrDefault(0)"),
    ("A.kt", "return sum / all.size", "try { return sum } catch (e: Exception) { return 0 }"),
]
GUARDS = [
    ("a.js", "const sum", "if (!all.length) { return 0; }\n  const sum"),
    ("a.js", "add(all)", "add(all ?? [])"),
    ("a.js", "add(all)", "add(all || [])"),
    ("a.ts", "all.length", "all?.length"),
    ("a.go", "sum := add", "if len(all) == 0 {\n\t\treturn 0\n\t}\n\tsum := add"),
    (
        "a.go",
        "sum := add(all)",
        "sum := 0\n\tfor range all {\n\t\tif sum > 1 {\n\t\t\tcontinue\n\t\t}\n\t}",
    ),
    ("a.go", "return sum / len(all)", "add(all)\n\t// Nothing.\n\treturn 0"),
    ("A.java", "sum / all.length", "all.length == 0 ? 0 : sum / all.length"),
    ("A.kt", "val sum", "if (all.isEmpty()) return 0\n  val sum"),
    ("A.kt", "add(all)", "(add(all) ?: 0)"),
]
REPAIRS = [
    ("a.js", "add(all)", "add(all) + 1"),
    ("a.js", "return sum / all.length;", "try { return f(); } catch (e) { throw new Error(e); }"),
    ("a.js", "all.length", "(all.length || all.size)"),
    (
        "a.go",
        "sum := add(all)",
        "sum, err := add(all)\n\tif err != nil {\n\t\treturn fail(err)\n\t}",
    ),
    ("A.java", "add(all)", "add(all, 1)"),
    ("A.kt", "all.size", "all.count()"),
]


@pytest.mark.parametrize(
    ("path", "old", "new", "nature"),
    [
        *((*each, PatchNature.HIDES_ERROR) for each in HIDING),
        *((*each, PatchNature.GUARD) for each in GUARDS),
        *((*each, PatchNature.REPAIR) for each in REPAIRS),
    ],
)
def test_a_patch_is_known_by_what_it_adds(
    path: str, old: str, new: str, nature: PatchNature
) -> None:
    before = FILES[path]
    assert old in before
    assert nature_of(path, before, before.replace(old, new)) is nature
