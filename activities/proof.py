"""What a patch has to prove itself on: the reproduction, unpacked."""

from dataclasses import dataclass

from activities.reference import Reference
from suture.domain.patch import FileChange
from suture.domain.verification import Reproduction, ReproductionFiles
from suture.errors import PatchDoesNotApply
from suture.ports.artifacts import ArtifactStore


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The reproduction, unpacked."""

    reproduction: Reproduction
    files: ReproductionFiles
    reference: Reference

    @property
    def test_files(self) -> dict[str, str]:
        """The regression test as files to lay over a tree."""
        return {item.path: item.content or "" for item in self.files.test_files}


def laid(changes: tuple[FileChange, ...]) -> dict[str, str]:
    """Return changes as files to lay over a tree."""
    return {item.path: item.content or "" for item in changes}


def unpack(reproduction: Reproduction, artifacts: ArtifactStore) -> Proof:
    """Read a reproduction back from the artifact store.

    Raises:
        PatchDoesNotApply: there is nothing to prove a patch with.
    """
    if reproduction.files is None:
        raise PatchDoesNotApply("Without a reproduction no patch can be tried.")
    files = ReproductionFiles.model_validate_json(artifacts.get(reproduction.files))
    reference = Reference.model_validate_json(files.expected)
    return Proof(reproduction=reproduction, files=files, reference=reference)
