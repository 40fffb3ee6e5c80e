"""The JVM's: Maven's pom.xml, Gradle's build files, version catalogues and locks.

https://maven.apache.org/pom.html, https://docs.gradle.org/current/userguide/dependency_locking.html
Build files are programs: only what they declare in the usual words is read.
"""

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from suture.dependencies.pins import MAX_NAME, Pins, gathered, parse_toml, table
from suture.domain.evidence import Ecosystem
from suture.errors import InvalidInput

MAX_ELEMENTS = 100_000
PROPERTY = re.compile(r"\$\{([\w.-]{1,100})\}")
COORDINATES = re.compile(
    r"""["'](?P<name>[\w.-]{1,100}:[\w.-]{1,100}):(?P<version>[\w.+-]{1,100})"""
)
PARTS = re.compile(
    r"""group\s*[:=]\s*["']([\w.-]{1,100})["']\s*,\s*name\s*[:=]\s*["']([\w.-]{1,100})["']\s*,"""
    r"""\s*version\s*[:=]\s*["']([\w.+-]{1,100})["']"""
)
PLUGIN = re.compile(
    r"""\bid\s*\(?\s*["']([\w.-]{1,100})["']\s*\)?\s+version\s+["']([\w.+-]{1,100})"""
)
COMMENT = re.compile(r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?")
LOCKED = re.compile(
    r"^(?P<name>[\w.-]{1,100}:[\w.-]{1,100}):(?P<version>[^=\s]{1,100})=", re.MULTILINE
)
DECLARING = frozenset({"dependency", "parent", "plugin"})


def read_pom(text: str) -> Pins:
    """Read what a project of Maven's declares, with its own properties filled in."""
    try:
        root = fromstring(text.encode("utf-8", "replace"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        raise InvalidInput("This is no POM.") from error
    properties: dict[str, str] = {}
    declared: list[Element] = []
    for number, element in enumerate(root.iter()):
        if number >= MAX_ELEMENTS:
            raise InvalidInput("The POM is too large.")
        if _plain(element.tag) == "properties":
            properties |= {_plain(each.tag): (each.text or "").strip() for each in element}
        if _plain(element.tag) in DECLARING:
            declared.append(element)
    versions = gathered(_declared(each, properties) for each in declared)
    return Pins(ecosystem=Ecosystem.MAVEN, versions=versions, direct=frozenset(versions))


def read_gradle(text: str) -> Pins:
    """Read the coordinates that a build file writes out, in Groovy or Kotlin."""
    plain = COMMENT.sub("", text)
    pairs: list[tuple[object, object]] = [
        (match["name"], match["version"]) for match in COORDINATES.finditer(plain)
    ]
    pairs += [(f"{match[1]}:{match[2]}", match[3]) for match in PARTS.finditer(plain)]
    pairs += [(match[1], match[2]) for match in PLUGIN.finditer(plain)]
    versions = gathered(pairs)
    return Pins(ecosystem=Ecosystem.MAVEN, versions=versions, direct=frozenset(versions))


def read_gradle_lock(text: str) -> Pins:
    """Read gradle.lockfile."""
    pairs = ((match["name"], match["version"]) for match in LOCKED.finditer(text))
    return Pins(ecosystem=Ecosystem.MAVEN, versions=gathered(pairs), locked=True)


def read_catalogue(text: str) -> Pins:
    """Read libs.versions.toml."""
    data = parse_toml(text)
    named = table(data, "versions")
    pairs = []
    for value in table(data, "libraries").values():
        if isinstance(value, str):
            module, _, version = value.rpartition(":")
        else:
            told = table(value)
            module = str(told.get("module") or f"{told.get('group')}:{told.get('name')}")
            version = _version_of(told.get("version"), named)
        pairs.append((module, version))
    versions = gathered(pairs)
    return Pins(ecosystem=Ecosystem.MAVEN, versions=versions, direct=frozenset(versions))


def _version_of(version: object, named: dict[str, object]) -> str:
    if isinstance(version, dict):
        version = named.get(str(version.get("ref")), "")
    return version if isinstance(version, str) else ""


def _declared(element: Element, properties: dict[str, str]) -> tuple[str, str]:
    said = {_plain(each.tag): (each.text or "").strip() for each in element}

    def filled(name: str) -> str:
        return PROPERTY.sub(lambda match: properties.get(match[1], match[0]), said.get(name, ""))

    group = filled("groupId") or "org.apache.maven.plugins"
    return f"{group}:{filled('artifactId')}"[:MAX_NAME], filled("version")


def _plain(tag: object) -> str:
    return str(tag).rpartition("}")[2]
