"""Asking an alert's vendor for what its webhook left out."""

from temporalio import activity

from activities.failures import translated
from suture.canonical import canonical_json
from suture.domain.alert import Alert
from suture.domain.value import Digest, Value
from suture.ports.artifacts import ArtifactStore
from suture.ports.enrichment import Enrichment
from suture.traces.enriching import needs_log, with_log


class EnrichmentRequest(Value):
    """An alert that may say little."""

    event: Digest
    """The `Alert` in the artifact store."""


class EnrichingActivities:
    """Reads vendors, writes artifacts."""

    def __init__(self, artifacts: ArtifactStore, enrichment: Enrichment) -> None:
        self._artifacts = artifacts
        self._enrichment = enrichment

    @activity.defn(name="enrich_alert")
    @translated
    def enrich_alert(self, request: EnrichmentRequest) -> Digest:
        """Return the digest of the alert with its log, or the same one if there is no more."""
        alert = Alert.model_validate_json(self._artifacts.get(request.event))
        log = self._enrichment.log_of(alert) if needs_log(alert) else ""
        if not log.strip():
            return request.event
        return self._artifacts.put(canonical_json(with_log(alert, log)))
