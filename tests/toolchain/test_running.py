"""Real runs of projects in the sandbox, by toolchain."""

from pathlib import Path

import pytest

from suture.domain.service import ToolchainName
from suture.domain.verification import SuiteReport
from suture.verdict.suite import new_failures
from tests.toolchain.projects import BASKET_JS, JAVASCRIPT, needs, stand_of

TEST = "test/basket.test.js::basket"
UNITTEST = {
    "shop.py": "def half(x):\n    return x / 2\n",
    "specs/check_shop.py": (
        "import unittest\n\nfrom shop import half\n\n\n"
        "class Halves(unittest.TestCase):\n"
        "    def test_even(self):\n        self.assertEqual(half(4), 2)\n\n"
        "    def test_odd(self):\n        self.assertEqual(half(3), 1)\n"
    ),
}
MAVEN = {
    "pom.xml": """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>shop</groupId><artifactId>cart</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source>
    <maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies><dependency>
    <groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId>
    <version>5.10.2</version><scope>test</scope>
  </dependency></dependencies>
  <build><plugins><plugin>
    <artifactId>maven-surefire-plugin</artifactId><version>3.2.5</version>
  </plugin></plugins></build>
</project>
""",
    "src/main/java/shop/Cart.java": (
        "package shop;\n\npublic class Cart {\n"
        "    public static int half(int x) {\n        return x / 2;\n    }\n}\n"
    ),
    "src/test/java/shop/CartTest.java": (
        "package shop;\n\nimport static org.junit.jupiter.api.Assertions.assertEquals;\n\n"
        "import org.junit.jupiter.api.Test;\n\nclass CartTest {\n"
        "    @Test\n    void halves() {\n        assertEquals(2, Cart.half(4));\n    }\n\n"
        "    @Test\n    void isWrong() {\n        assertEquals(2, Cart.half(3));\n    }\n}\n"
    ),
}


def outcomes(report: SuiteReport) -> dict[str, str]:
    assert report.ran, report.problem + report.output
    return {case.node_id: case.outcome.value for case in report.cases}


@pytest.mark.parametrize("root", ["", "web/shop"])
def test_nodes_own_runner(tmp_path: Path, root: str) -> None:
    needs("node")
    with stand_of(JAVASCRIPT, tmp_path, root=root) as stand:
        assert stand.toolchain.name is ToolchainName.NODE
        base = stand.run_suite({})
        assert outcomes(base) == {
            "test/basket.test.js::(loads)": "passed",
            f"{TEST} > sums all lines": "passed",
            f"{TEST} > is free when it is empty": "passed",
            f"{TEST} > takes vouchers": "skipped",
        }
        broken = {stand.inside("lib/basket.js"): BASKET_JS.replace("i <", "i <=")}
        chosen = (f"{TEST} > sums all lines",)
        assert outcomes(stand.run_tests(chosen, broken)) == {chosen[0]: "failed"}
        patched = stand.run_suite(broken)
        assert new_failures(base, patched) == (
            f"{TEST} > is free when it is empty",
            f"{TEST} > sums all lines",
        )
        unreadable = stand.run_suite({stand.inside("lib/basket.js"): "}"})
        assert outcomes(unreadable)["test/basket.test.js::(loads)"] == "failed"


def test_a_package_that_asks_for_nothing_needs_no_set_up(tmp_path: Path) -> None:
    needs("node")
    with stand_of(JAVASCRIPT, tmp_path) as stand:
        assert list(stand.environment.iterdir()) == []
        assert stand.run_script("said.py", "print('said')", (), {}, 30.0) == ""


def test_installed_packages_stand_where_node_looks_for_them(tmp_path: Path) -> None:
    needs("node")
    greeting = "module.exports = (name) => `Hello ${name}`;\n"
    files = {
        "package.json": '{"scripts": {"test": "greet && node --test"}, "dependencies": {"g": "1"}}',
        "a.test.js": (
            "const greet = require('g');\nconst fs = require('fs');\n"
            "require('node:test')('greets', () => {\n"
            "  fs.writeFileSync('node_modules/.cache', greet('you'));\n});\n"
        ),
    }
    environment = {
        "node_modules/g/package.json": '{"name": "g", "main": "index.js"}',
        "node_modules/g/index.js": greeting,
        "node_modules/.bin/greet": "#!/bin/sh\necho hello\n",
        "packages/a/node_modules/h/index.js": greeting,
    }
    with stand_of({**files, "packages/a/x.js": ""}, tmp_path, setup_command="") as stand:
        for name, text in environment.items():
            place = stand.environment / "node" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
            place.chmod(0o755)
        assert outcomes(stand.run_suite({}))["a.test.js::greets"] == "passed"


def test_unittest(tmp_path: Path) -> None:
    command = "python -m unittest discover -s specs -p check_shop.py -t ."
    with stand_of({**UNITTEST, "specs/__init__.py": ""}, tmp_path, command) as stand:
        assert stand.toolchain.name is ToolchainName.UNITTEST
        halves = "specs/check_shop.py::Halves"
        assert outcomes(stand.run_suite({})) == {
            f"{halves}::test_even": "passed",
            f"{halves}::test_odd": "failed",
        }
        chosen = (f"{halves}::test_odd",)
        assert outcomes(stand.run_tests(chosen, {})) == {chosen[0]: "failed"}
        assert stand.run_script("said.py", "print('said')", (), {}, 30.0) == "said\n"


@pytest.mark.internet
@pytest.mark.timeout(400)
def test_maven_runs_offline_with_what_its_set_up_fetched(tmp_path: Path) -> None:
    needs("mvn")
    needs("java")
    with stand_of(MAVEN, tmp_path) as stand:
        assert stand.toolchain.name is ToolchainName.MAVEN
        assert outcomes(stand.run_suite({})) == {
            "shop.CartTest::halves": "passed",
            "shop.CartTest::isWrong": "failed",
        }
        chosen = ("shop.CartTest::halves",)
        assert outcomes(stand.run_tests(chosen, {})) == {chosen[0]: "passed"}
