"""Who is asked for more of which vendor's alerts: every vendor whose API has settings."""

from collections.abc import Callable, Mapping

from suture.domain.alert import Alert, AlertSource
from suture.ports.enrichment import Enrichment
from suture.settings import Settings


class VendorEnrichment:
    """Implements `suture.ports.enrichment.Enrichment` by asking the alert's own vendor."""

    def __init__(self, vendors: Mapping[AlertSource, Enrichment]) -> None:
        self._vendors = vendors

    def log_of(self, alert: Alert) -> str:
        """Return what the vendor has; vendors without settings are not asked."""
        vendor = self._vendors.get(alert.source)
        return "" if vendor is None else vendor.log_of(alert)

    def each(self, wrap: Callable[[Enrichment], Enrichment]) -> "VendorEnrichment":
        """Return the same with every vendor wrapped."""
        return VendorEnrichment({source: wrap(one) for source, one in self._vendors.items()})


def choose_enrichment(settings: Settings) -> Enrichment:
    """Return what asks the vendors that have settings."""
    vendors: dict[AlertSource, Enrichment] = {}
    if settings.github is not None:
        from integrations.github.enrichment import GitHubEnrichment  # noqa: PLC0415 -- PyGithub

        vendors[AlertSource.GITHUB] = GitHubEnrichment(settings.github)
    if settings.gitlab is not None:
        from integrations.gitlab.enrichment import GitLabEnrichment  # noqa: PLC0415 -- as GitHub's

        vendors[AlertSource.GITLAB] = GitLabEnrichment(settings.gitlab)
    return VendorEnrichment(vendors)
