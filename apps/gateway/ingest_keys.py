"""Which service an envelope belongs to: the key and the project of its DSN together."""

import hmac
from collections.abc import Mapping

from apps.gateway.refusals import Code, Refusal
from suture.settings import ServiceSettings


class IngestKeys:
    """Finds services by project and key."""

    def __init__(self, services: Mapping[str, ServiceSettings], *, spotlight: bool) -> None:
        self._services = services
        self._spotlight = spotlight

    def by_key(self, project: str, key: str) -> str:
        """Return the name of the service whose DSN has this key and project.

        Raises:
            Refusal: 403; which of the two is wrong stays unsaid.
        """
        matching = [
            name
            for name, service in self._services.items()
            if service.ingest_key is not None
            and service.project == project
            and hmac.compare_digest(service.ingest_key.get_secret_value().encode(), key.encode())
        ]
        if not matching:
            raise Refusal(Code.FORBIDDEN, "This key does not belong to this project.")
        return matching[0]

    def late(self, project: str, envelope_key: str | None) -> str:
        """Return the service when neither header nor query held a key.

        In spotlight mode the envelope's own DSN may be another server's, and the project decides.

        Raises:
            Refusal: 401 without a key, 403 with a wrong one.
        """
        if envelope_key is not None:
            try:
                return self.by_key(project, envelope_key)
            except Refusal:
                if not self._spotlight:
                    raise
        elif not self._spotlight:
            raise Refusal(
                Code.UNAUTHENTICATED,
                "Send the DSN's public key in X-Sentry-Auth, as ?sentry_key= or as envelope dsn.",
            )
        return self._by_project(project)

    def _by_project(self, project: str) -> str:
        names = [name for name, kept in self._services.items() if kept.project == project]
        if len(names) != 1:
            raise Refusal(
                Code.FORBIDDEN, "Without a key, exactly one service must have this project number."
            )
        return names[0]
