import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.filesystem.artifacts import DirectoryArtifacts
from suture.canonical import sha256
from suture.errors import InvalidInput, LedgerCorrupt, NotFound, Unreachable
from suture.ports.artifacts import ArtifactStore
from tests.fakes.artifacts import FakeArtifacts


@pytest.fixture(params=["fake", "directory"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    return FakeArtifacts() if request.param == "fake" else DirectoryArtifacts(tmp_path / "store")


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"x" * 1_000_000])
def test_content_comes_back_under_its_digest(artifacts: ArtifactStore, content: bytes) -> None:
    digest = artifacts.put(content)
    assert digest == sha256(content)
    assert artifacts.put(content) == digest
    assert artifacts.get(digest) == content


def test_what_was_never_stored_is_not_found(artifacts: ArtifactStore) -> None:
    with pytest.raises(NotFound):
        artifacts.get(sha256(b"nothing"))


def test_many_may_store_the_same_at_once(artifacts: ArtifactStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(artifacts.put, [b"the same"] * 64))
    assert [artifacts.get(digest) for digest in digests] == [b"the same"]


def stored_file(root: Path) -> Path:
    (found,) = (path for path in root.rglob("*") if path.is_file())
    return found


def test_a_changed_file_is_told_and_mended_by_storing_it_again(tmp_path: Path) -> None:
    artifacts = DirectoryArtifacts(tmp_path)
    digest = artifacts.put(b"evidence")
    stored_file(tmp_path).write_bytes(b"evidence!")
    with pytest.raises(LedgerCorrupt):
        artifacts.get(digest)
    artifacts.put(b"evidence")
    assert artifacts.get(digest) == b"evidence"


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_an_address_that_is_no_digest_is_refused(tmp_path: Path, digest: str) -> None:
    with pytest.raises(InvalidInput):
        DirectoryArtifacts(tmp_path).get(digest)


def test_a_directory_that_cannot_be_written_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with pytest.raises(Unreachable):
        DirectoryArtifacts(tmp_path / "store").put(b"content")


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(Unreachable):
            DirectoryArtifacts(tmp_path).put(b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
