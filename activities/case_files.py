"""What requests name, opened: the alert and the evidence by digest, the code by its service."""

from suture.domain.alert import Alert
from suture.domain.evidence import Evidence, EvidenceRef
from suture.domain.service import Service
from suture.domain.value import Digest
from suture.localisation.originals import in_originals
from suture.ports.artifacts import ArtifactStore
from suture.ports.source import SourceRepositories, SourceRepository


class CaseFiles:
    """Opens them for activities.

    Raises what the artifact store and the repositories raise.
    """

    def __init__(self, artifacts: ArtifactStore, sources: SourceRepositories) -> None:
        self._artifacts = artifacts
        self._sources = sources

    def repository(self, service: Service) -> SourceRepository:
        """Return the service's repository, from where git fetches it."""
        return self._sources.open(service.remote)

    def alert(self, digest: Digest) -> Alert:
        """Return the alert of this digest."""
        return Alert.model_validate_json(self._artifacts.get(digest))

    def case(self, event: Digest, ref: EvidenceRef) -> tuple[Alert, Evidence]:
        """Return the evidence, and the alert with the places that the evidence found."""
        evidence = self.evidence(ref)
        return in_originals(self.alert(event), evidence), evidence

    def evidence(self, ref: EvidenceRef) -> Evidence:
        """Return the evidence that the reference names."""
        return Evidence.model_validate_json(self._artifacts.get(ref.digest))
