"""The code index on real repositories: by scan, by look-up, after new commits and on ruins."""

import multiprocessing
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from integrations.git import code_index
from integrations.git.indexing import main, stop_indexing, wait_for_indexing
from integrations.git.mirror import ensure_mirror
from integrations.git.objects import ObjectReader
from integrations.git.remote import parse_remote
from integrations.git.source import GitSources
from suture.index.questions import CodeQuestions
from suture.ports.code_index import CodeIndex, Mention
from tests.builders.children import words_of
from tests.builders.repository import RepositoryBuilder
from tests.fakes.code_index import MemoryCodeIndex

FILES = {
    "shop/cart.py": "def total(items):\n    return sum(items)\n",
    "shop/desk.py": "from shop.cart import total\n\n\ndef ask(items):\n    return total(items)\n",
    "shop/plus.py": "from shop.cart import total as plus\n\n\ndef add(a):\n    return plus(a)\n",
    "m\u00f6bel/b.ts": "export const total = (a) => a;\n",
    "web/C.java": "class C {\n  int total() { return 1; }\n}\n",
    "web/go.go": "package web\n\nfunc (c *Cart) total() int { return 1 }\n",
    "README.md": "total\n",
    "data.py": "x = 1\n",
}


def origin_of(folder: Path, files: Mapping[str, str] = FILES) -> tuple[RepositoryBuilder, str]:
    builder = RepositoryBuilder(folder / "origin")
    return builder, builder.commit(files, "Start")


def index_of(folder: Path) -> CodeIndex:
    return GitSources(folder / "state").open(str(folder / "origin")).code_index()


@pytest.fixture(params=["looked up", "scanned", "in memory"])
def known(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[CodeIndex, str]:
    _, sha = origin_of(tmp_path)
    if request.param == "in memory":
        return MemoryCodeIndex(FILES), sha
    if request.param == "scanned":
        monkeypatch.setattr(code_index, "CATCH_UP", 0)
        monkeypatch.setattr(code_index, "start_indexing", lambda *_: None)
    return index_of(tmp_path), sha


def test_files_that_define_or_name_something_are_found(known: tuple[CodeIndex, str]) -> None:
    index, sha = known
    defining = {"m\u00f6bel/b.ts", "shop/cart.py", "web/C.java", "web/go.go"}
    assert set(index.mentioning(sha, {"total"}, Mention.DEFINES)) >= defining
    found = index.mentioning(sha, {"total"}, Mention.NAMES)
    assert set(found) >= {*defining, "shop/desk.py", "shop/plus.py"}
    assert "README.md" not in found
    assert list(found) == sorted(found)
    assert index.mentioning(sha, {"nowhere"}, Mention.NAMES) == ()
    assert index.mentioning(sha, (), Mention.NAMES) == ()
    for nonsense in ("", "a b", "a|b", "(", "-e", "\0", "x" * 1_000):
        assert index.mentioning(sha, (nonsense,), Mention.NAMES) == ()
        assert index.mentioning(sha, (nonsense,), Mention.DEFINES) == ()


def test_questions_have_the_same_answers_everywhere(known: tuple[CodeIndex, str]) -> None:
    index, sha = known
    questions = CodeQuestions(index, sha)
    [place] = questions.definitions("total", near="shop/desk.py")
    found = {(each.path, each.sure) for each in questions.callers(place)}
    assert found == {("shop/desk.py", True), ("shop/plus.py", True)}


def test_missing_files_have_no_symbols(known: tuple[CodeIndex, str]) -> None:
    index, sha = known
    found = index.symbols(sha, ("shop/cart.py", "absent.py", "README.md", "../outside.py"))
    assert set(found) == {"shop/cart.py"}


def test_a_new_commit_reads_what_it_changed_and_nothing_else(tmp_path: Path) -> None:
    builder, first = origin_of(tmp_path)
    assert index_of(tmp_path).mentioning(first, {"total"}, Mention.DEFINES)
    second = builder.commit({"shop/new.py": "def total():\n    pass\n", "web/C.java": None}, "New")
    repository = GitSources(tmp_path / "state").open(str(builder.path))
    repository.refresh()
    mirror = ensure_mirror(tmp_path / "state" / "mirrors", parse_remote(str(builder.path)))
    index = code_index.GitCodeIndex(mirror, ObjectReader(mirror))
    assert index.fill(second) == 1
    assert index.fill(second) == 0
    assert "shop/new.py" in index.mentioning(second, {"total"}, Mention.DEFINES)
    assert "web/C.java" not in index.mentioning(second, {"total"}, Mention.DEFINES)
    assert "web/C.java" in index.mentioning(first, {"total"}, Mention.DEFINES)


@pytest.mark.timeout(600)
def test_a_large_commit_is_indexed_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sha = origin_of(tmp_path)
    monkeypatch.setattr(code_index, "CATCH_UP", 2)
    # One begins at a time: another test's would be in the way.
    stop_indexing()
    assert "shop/cart.py" in index_of(tmp_path).mentioning(sha, {"total"}, Mention.DEFINES)
    # It yields to everything else: on a busy machine it hardly gets to run.
    wait_for_indexing(540)
    mirror = ensure_mirror(tmp_path / "state" / "mirrors", parse_remote(str(tmp_path / "origin")))
    objects = ObjectReader(mirror)
    assert code_index.GitCodeIndex(mirror, objects).fill(sha) == 0


def test_indexing_again_in_a_process_of_its_own_adds_nothing(tmp_path: Path) -> None:
    _, sha = origin_of(tmp_path)
    mirror = ensure_mirror(tmp_path / "state" / "mirrors", parse_remote(str(tmp_path / "origin")))
    # It gives up its priority for good: this process, and all that it starts, would crawl.
    for _ in range(2):
        process = multiprocessing.get_context("spawn").Process(target=main, args=(mirror, sha))
        process.start()
        process.join()
        assert process.exitcode == 0
    assert code_index.GitCodeIndex(mirror, ObjectReader(mirror)).fill(sha) == 0


def test_indexing_in_the_background_ends_with_the_workers_of_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sha = origin_of(tmp_path)
    monkeypatch.setattr(code_index, "CATCH_UP", 2)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert index_of(tmp_path).mentioning(sha, {"total"}, Mention.DEFINES)
    stop_indexing()
    stop_indexing()
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    assert not [
        words for child in left if "integrations.git.indexing" in (words := words_of(child))
    ]


def test_a_broken_store_is_begun_anew(tmp_path: Path) -> None:
    _, sha = origin_of(tmp_path)
    index = index_of(tmp_path)
    assert index.mentioning(sha, {"total"}, Mention.DEFINES)
    [store] = (tmp_path / "state" / "mirrors").glob("*-symbols-*.sqlite")
    store.write_bytes(b"no database" * 100)
    again = index_of(tmp_path)
    assert "shop/cart.py" in again.mentioning(sha, {"total"}, Mention.DEFINES)
    assert set(again.symbols(sha, ("data.py",))) == {"data.py"}


def test_the_reader_survives_the_death_of_its_process(tmp_path: Path) -> None:
    _, sha = origin_of(tmp_path)
    mirror = ensure_mirror(tmp_path / "state" / "mirrors", parse_remote(str(tmp_path / "origin")))
    objects = ObjectReader(mirror)
    assert objects.text(sha, "data.py") == "x = 1\n"
    assert objects._process is not None
    objects._process.kill()
    objects._process.wait()
    assert objects.text(sha, "shop/desk.py") == FILES["shop/desk.py"]
    assert objects.text(sha, "shop") is None
    assert objects.text(sha, "data.py/x") is None
    assert objects.text(sha, "a\nb.py") is None
    assert objects.text("f" * 40, "data.py") is None
    blob = (tmp_path / "blob").as_posix()
    assert objects.blob(blob) is None
    assert objects.blob(sha) is None
    objects.close()
    assert objects.text(sha, "README.md") == "total\n"


def test_a_large_blob_is_passed_over_and_the_next_one_read(tmp_path: Path) -> None:
    builder, sha = origin_of(tmp_path)
    blob = builder.git("rev-parse", f"{sha}:shop/cart.py").strip()
    mirror = ensure_mirror(tmp_path / "state" / "mirrors", parse_remote(str(builder.path)))
    objects = ObjectReader(mirror)
    assert objects.blob(blob, 10) is None
    assert objects.blob(blob) == FILES["shop/cart.py"].encode()
