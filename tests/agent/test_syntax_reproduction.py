"""What a test that a model proposes may do in other languages: call the project, nothing else."""

import pytest

from suture.agent.syntax_reproduction import FORBIDDEN, objection_to_syntax
from suture.index.languages import language_of
from suture.redaction import MARK

SCRIPT = (
    "import {{ test }} from 'vitest';\nimport {{ f }} from '../lib/f';\n\n"
    "test('f', () => {{\n  {}\n}});\n"
)
GO = (
    'package a\n\nimport (\n\t"testing"\n\t"example.com/shop/b"\n)\n\n'
    "func TestF(t *testing.T) {{\n\t{}\n}}\n"
)
JAVA = (
    "package shop;\n\nimport org.junit.Test;\nimport java.util.List;\nimport shop.cart.Cart;\n\n"
    "public class ReportedTest {{\n    @Test\n    public void f() {{\n        {}\n    }}\n}}\n"
)
KOTLIN = (
    "package shop\n\nimport org.junit.Test\n\n"
    "class ReportedTest {{\n    @Test fun f() {{ {} }}\n}}\n"
)
TEMPLATES = {"a.test.ts": SCRIPT, "a_test.go": GO, "ATest.java": JAVA, "ATest.kt": KOTLIN}
PROJECTS = {"a_test.go": "example.com/shop", "ATest.java": "shop", "ATest.kt": "shop"}


def objection(path: str, source: str) -> str:
    language = language_of(path)
    assert language is not None
    return objection_to_syntax(path, source, language, PROJECTS.get(path, ""))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.test.ts", "const all = [{ a: 1 }]; let n = 0; n = 2; f(all, new Map(), n);"),
        ("a_test.go", "all := []int{1}\n\t_, _ = b.F(all, time.Second)"),
        ("ATest.java", "int n = 1; n = 2; new Cart().total(List.of(n));"),
        ("ATest.kt", "val n = 1; Cart().total(listOf(n))"),
    ],
)
def test_plain_calls_are_fine(path: str, body: str) -> None:
    assert objection(path, TEMPLATES[path].format(body)) == ""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.test.ts", "throw new TypeError('x');"),
        ("a.test.ts", "try { f() } finally { }"),
        ("a.test.ts", "const e = new RangeError();"),
        ("a.test.ts", "Array.prototype.map = f;"),
        ("a.test.ts", "f.cache = 1;"),
        ("a.test.ts", "f['cache'] += 1;"),
        ("a.test.ts", "delete f.cache;"),
        ("a.test.ts", "globalThis.x"),
        ("a.test.ts", "process.exit(1)"),
        ("a.test.ts", "require('fs').writeFileSync('x')"),
        ("a.test.ts", "require('./' + name)"),
        ("a.test.ts", "import('node:fs')"),
        ("a.test.ts", "expect(f()).toBe(1)"),
        ("a.test.ts", "vi.mock('../lib/f')"),
        ("a.test.ts", "test.skip"),
        ("a.test.ts", "Promise.reject(1)"),
        ("a.test.ts", "//# sourceMappingURL=data:x\n"),
        ("a_test.go", 'panic("x")'),
        ("a_test.go", "defer b.F()"),
        ("a_test.go", "go b.F()"),
        ("a_test.go", 't.Fatal("x")'),
        ("a_test.go", "b.Rate = 0"),
        ("a_test.go", "//line invoice.go:14\n\tb.F()"),
        ("ATest.java", "throw new IllegalStateException();"),
        ("ATest.java", "try { f(); } finally { }"),
        ("ATest.java", "System.exit(1);"),
        ("ATest.java", 'Class.forName("x");'),
        ("ATest.java", "cart.rate = 0;"),
        ("ATest.java", "assert false;"),
        ("ATest.kt", "throw Exception()"),
        ("ATest.kt", 'error("x")'),
        ("ATest.kt", "cart.rate = 0"),
    ],
)
def test_what_could_pretend_to_be_the_failure_is_forbidden(path: str, body: str) -> None:
    assert objection(path, TEMPLATES[path].format(body)).startswith(FORBIDDEN)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.test.ts", "'../lib/f'", "'node:fs'"),
        ("a.test.ts", "'vitest'", "'child_process'"),
        ("a_test.go", "example.com/shop/b", "os/exec"),
        ("a_test.go", "example.com/shop/b", "example.com/shopping/b"),
        ("ATest.java", "java.util.List", "java.lang.reflect.Field"),
        ("ATest.java", "java.util.List", "java.util.concurrent.Executors"),
        ("ATest.kt", "org.junit.Test", "kotlin.system.exitProcess"),
    ],
)
def test_only_the_project_and_plain_data_are_imported(path: str, old: str, new: str) -> None:
    source = TEMPLATES[path].format("f();" if path.endswith("java") else "f()")
    assert old in source
    assert objection(path, source.replace(old, new)).startswith(f"{FORBIDDEN} import")


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("a.test.ts", "f();", "exactly one test"),
        ("a.test.ts", "test('a', () => {});\ntest('b', () => {});", "exactly one test"),
        ("a.test.ts", "test('a', () => {", "does not parse"),
        ("a.test.ts", f"test('a', () => {{ f('{MARK}') }});", "stands for a secret"),
        ("a.test.ts", "f();" * 6_000, "too long"),
        ("a_test.go", "package a\n\nfunc F() {}\n", "exactly one test"),
    ],
)
def test_what_is_no_single_test_is_complained_about(path: str, source: str, complaint: str) -> None:
    found = objection(path, source)
    assert complaint in found
    assert not found.startswith(FORBIDDEN)
