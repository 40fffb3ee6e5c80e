"""Projects of the code host by git, with the same credential as its API.

The catalogue holds no secret, for it travels in histories: the credential joins the clone URL
here, and goes from there to git's environment.
"""

from integrations.gitlab.client import PROJECT
from integrations.gitlab.repository import clone_url
from suture.gitlab_settings import GitLabSettings
from suture.ports.source import SourceRepositories, SourceRepository


class GitLabSources:
    """Implements `suture.ports.source.SourceRepositories`; other URLs are opened as they are."""

    def __init__(self, settings: GitLabSettings, others: SourceRepositories) -> None:
        self._settings = settings
        self._others = others

    def open(self, url: str) -> SourceRepository:
        """Return the mirror of `group/name`, or of its address on this GitLab, or of any URL.

        Raises:
            NotFound, NotAuthorised, Unreachable: it cannot be fetched.
        """
        return self._others.open(self.with_credential(url))

    def with_credential(self, url: str) -> str:
        """Return the URL for git, with a credential if this GitLab is meant and none was given."""
        prefix = f"{self._settings.url.rstrip('/')}/"
        path = url.removeprefix(prefix) if url.startswith(prefix) else url
        name = path.removesuffix(".git").rstrip("/")
        return clone_url(self._settings, name) if PROJECT.fullmatch(name) else url
