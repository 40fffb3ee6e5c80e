"""What manifests and lock files say, in the forms in which tools write them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.dependencies import jvm
from suture.dependencies.moves import READERS, reader_of
from suture.dependencies.pins import MAX_VERSION, Pins, gathered
from suture.errors import InvalidInput

UV_LOCK = """\
version = 1
requires-python = ">=3.12"

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "Httpx" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "httpx"
version = "0.28.1"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "anyio"
version = "4.12.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pytest"
version = "9.0.1"
"""
POETRY_LOCK = (
    '[[package]]\nname = "Jinja2"\nversion = "3.1.6"\n\n[metadata]\nlock-version = "2.1"\n'
)
PIPFILE_LOCK = '{"default": {"Flask": {"version": "==3.1.0"}}, "develop": {"odd": null}}'
PIPFILE = '[packages]\nflask = "*"\n[dev-packages]\npytest = {version = "==9.0.1"}\n'
COMPILED = """\
#    pip-compile requirements.in
certifi==2026.1.4 \\
    --hash=sha256:aaaa
    # via requests
requests==2.33.0  # pinned
    # via -r requirements.in
zope.interface==7.2
    # via
    #   -r requirements.in
    #   twisted
"""
REQUIREMENTS = (
    "-r base.txt\nDjango>=5,<6 ; python_version > '3'\nbroken =\n\nuvicorn[standard]==0.40\n"
)
PYPROJECT = """\
[project]
dependencies = ["fastapi>=0.128", "PyYAML==6.0.3", 3]
[project.optional-dependencies]
pg = ["psycopg[binary]>=3.3"]
odd = 4
[dependency-groups]
dev = ["ruff", {include-group = "test"}]
[tool.poetry.dependencies]
python = "^3.12"
attrs = "^25.1"
[tool.poetry.group.test.dependencies]
hypothesis = {version = "6.150.0", optional = true}
"""
PACKAGE = '{"dependencies": {"express": "^5.1.0"}, "devDependencies": {"@types/node": "^24"}}'
PACKAGE_LOCK = """{"lockfileVersion": 3, "packages": {
  "": {"dependencies": {"express": "^5.1.0"}},
  "node_modules/express": {"version": "5.1.0"},
  "node_modules/@scope/part": {"version": "1.0.0"},
  "node_modules/express/node_modules/@scope/part": {"version": "2.0.0"},
  "node_modules/own": {"link": true, "resolved": "packages/own"},
  "packages/own": {"version": "1.0.0"}
}}"""
OLD_PACKAGE_LOCK = """{"lockfileVersion": 1, "dependencies": {
  "express": {"version": "4.18.0", "dependencies": {"qs": {"version": "6.0.0"}}}, "odd": 3
}}"""
YARN_LOCK = """\
# yarn lockfile v1

"@scope/part@^1.0.0", "@scope/part@^1.1.0":
  version "1.2.0"
  resolved "https://registry.example/part.tgz"
  dependencies:
    qs "^6.0.0"

qs@^6.0.0:
  version "6.14.0"
"""
BERRY_LOCK = """\
__metadata:
  version: 8

"qs@npm:^6.0.0":
  version: 6.14.1
  resolution: "qs@npm:6.14.1"

"shop@workspace:.":
  version: 0.0.0-use.local
"""
PNPM_LOCK = """\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      express:
        specifier: ^5.1.0
        version: 5.1.0
packages:
  '@scope/part@1.2.0':
    resolution: {integrity: sha512-x}
  express@5.1.0:
    resolution: {integrity: sha512-y}
"""
OLD_PNPM_LOCK = (
    "lockfileVersion: 5.4\ndependencies:\n  qs: 6.1.0\npackages:\n  /qs/6.1.0:\n    x: 1\n"
)
GO_MOD = """\
module example.com/shop

go 1.26

require (
\tgithub.com/go-chi/chi/v5 v5.2.1
\tgolang.org/x/sync v0.18.0 // indirect
)

require example.com/money v1.4.0

replace example.com/money v1.4.0 => ../money

replace (
\tgolang.org/x/sync => golang.org/x/sync v0.17.0
)
"""
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId><version>4.0.1</version></parent>
  <properties><jackson>2.20.0</jackson></properties>
  <dependencies>
    <dependency><groupId>com.fasterxml.jackson.core</groupId>
      <artifactId>jackson-databind</artifactId><version>${jackson}</version></dependency>
    <dependency><groupId>org.acme</groupId><artifactId>free</artifactId></dependency>
  </dependencies>
</project>
"""
GRADLE = """\
plugins { id 'org.springframework.boot' version '4.0.1' }
dependencies {
    implementation 'com.google.guava:guava:33.5.0-jre'
    api group: 'org.acme', name: 'rates', version: '1.2'
    // implementation 'com.old:gone:1.0'
    testImplementation("org.junit.jupiter:junit-jupiter:6.0.1")
}
"""
GRADLE_LOCK = (
    "# lock\ncom.google.guava:guava:33.5.0-jre=compileClasspath,runtimeClasspath\nempty=\n"
)
CATALOGUE = """\
[versions]
guava = "33.5.0-jre"
[libraries]
guava = { module = "com.google.guava:guava", version.ref = "guava" }
rates = { group = "org.acme", name = "rates", version = "1.2" }
short = "org.acme:short:1.0"
"""


@pytest.mark.parametrize(
    ("path", "text", "versions", "direct"),
    [
        (
            "uv.lock",
            UV_LOCK,
            {"httpx": "0.28.1", "anyio": "4.12.0", "pytest": "9.0.1"},
            {"httpx", "pytest"},
        ),
        ("poetry.lock", POETRY_LOCK, {"jinja2": "3.1.6"}, None),
        ("Pipfile.lock", PIPFILE_LOCK, {"flask": "3.1.0", "odd": ""}, None),
        ("Pipfile", PIPFILE, {"flask": "*", "pytest": "9.0.1"}, {"flask", "pytest"}),
        (
            "requirements.txt",
            COMPILED,
            {"certifi": "2026.1.4", "requests": "2.33.0", "zope-interface": "7.2"},
            {"requests", "zope-interface"},
        ),
        ("requirements/dev.txt", REQUIREMENTS, {"django": "<6,>=5", "uvicorn": "0.40"}, None),
        (
            "api/pyproject.toml",
            PYPROJECT,
            {
                "fastapi": ">=0.128",
                "pyyaml": "6.0.3",
                "psycopg": ">=3.3",
                "ruff": "",
                "attrs": "^25.1",
                "hypothesis": "6.150.0",
            },
            {"fastapi", "pyyaml", "psycopg", "ruff", "attrs", "hypothesis"},
        ),
        (
            "package.json",
            PACKAGE,
            {"express": "^5.1.0", "@types/node": "^24"},
            {"express", "@types/node"},
        ),
        (
            "package-lock.json",
            PACKAGE_LOCK,
            {"express": "5.1.0", "@scope/part": "1.0.0, 2.0.0"},
            {"express"},
        ),
        (
            "npm-shrinkwrap.json",
            OLD_PACKAGE_LOCK,
            {"express": "4.18.0", "qs": "6.0.0", "odd": ""},
            None,
        ),
        ("yarn.lock", YARN_LOCK, {"@scope/part": "1.2.0", "qs": "6.14.0"}, None),
        ("yarn.lock", BERRY_LOCK, {"qs": "6.14.1"}, None),
        ("pnpm-lock.yaml", PNPM_LOCK, {"@scope/part": "1.2.0", "express": "5.1.0"}, {"express"}),
        ("pnpm-lock.yaml", OLD_PNPM_LOCK, {"qs": "6.1.0"}, {"qs"}),
        (
            "go.mod",
            GO_MOD,
            {
                "github.com/go-chi/chi/v5": "v5.2.1",
                "golang.org/x/sync": "golang.org/x/sync v0.17.0",
                "example.com/money": "../money",
            },
            {"github.com/go-chi/chi/v5", "example.com/money"},
        ),
        (
            "pom.xml",
            POM,
            {
                "org.springframework.boot:spring-boot-starter-parent": "4.0.1",
                "com.fasterxml.jackson.core:jackson-databind": "2.20.0",
                "org.acme:free": "",
            },
            {
                "org.springframework.boot:spring-boot-starter-parent",
                "com.fasterxml.jackson.core:jackson-databind",
                "org.acme:free",
            },
        ),
        (
            "build.gradle",
            GRADLE,
            {
                "org.springframework.boot": "4.0.1",
                "com.google.guava:guava": "33.5.0-jre",
                "org.acme:rates": "1.2",
                "org.junit.jupiter:junit-jupiter": "6.0.1",
            },
            {
                "org.springframework.boot",
                "com.google.guava:guava",
                "org.acme:rates",
                "org.junit.jupiter:junit-jupiter",
            },
        ),
        ("gradle.lockfile", GRADLE_LOCK, {"com.google.guava:guava": "33.5.0-jre"}, None),
        (
            "gradle/libs.versions.toml",
            CATALOGUE,
            {
                "com.google.guava:guava": "33.5.0-jre",
                "org.acme:rates": "1.2",
                "org.acme:short": "1.0",
            },
            {"com.google.guava:guava", "org.acme:rates", "org.acme:short"},
        ),
    ],
)
def test_packages_are_read(
    path: str, text: str, versions: dict[str, str], direct: set[str] | None
) -> None:
    found = _read(path, text)
    assert dict(found.versions) == versions
    assert found.direct == direct


@pytest.mark.parametrize("path", ["src/app.py", "node_modules/x/package.json", "README.txt"])
def test_other_files_are_no_manifests(path: str) -> None:
    assert reader_of(path) is None


BOMB = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><p>&b;</p>'
EXTERNAL = '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;</p>'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pom.xml", BOMB),
        ("pom.xml", EXTERNAL),
        ("pom.xml", "<p>"),
        ("uv.lock", "= broken"),
        ("uv.lock", "a." * 300_000 + "b = 1"),
        ("uv.lock", "a = [\n" + "[\n" * 10_000),
        ("libs.versions.toml", "= broken"),
        ("package-lock.json", "[]"),
        ("package.json", "{"),
    ],
)
def test_what_is_broken_or_grows_is_refused(path: str, text: str) -> None:
    with pytest.raises(InvalidInput):
        _read(path, text)


def test_a_pom_of_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "MAX_ELEMENTS", 5)
    with pytest.raises(InvalidInput, match="too large"):
        _read("pom.xml", "<p>" + "<a/>" * 9 + "</p>")


def test_what_has_no_name_is_no_package() -> None:
    assert gathered([("", "1"), (3, "1"), ("six", None)]) == {"six": ""}


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "? " * 100_000, "a: [b", "- a"])
def test_yaml_of_any_nesting_holds_nothing(text: str) -> None:
    assert dict(_read("pnpm-lock.yaml", text).versions) == {}


def test_names_and_versions_are_bounded() -> None:
    found = _read("package.json", json.dumps({"dependencies": {"n" * 900: "1" * 900}}))
    [(name, version)] = found.versions.items()
    assert (len(name), len(version)) == (200, MAX_VERSION)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.text(max_size=200))
def test_no_text_breaks_a_reader(path: str, text: str) -> None:
    try:
        found = _read(path, text)
    except InvalidInput:
        return
    assert all(isinstance(name, str) for name in found.versions)


def _read(path: str, text: str) -> Pins:
    read = reader_of(path)
    assert read is not None
    return read(text)
