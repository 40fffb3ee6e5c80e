"""Repositories of the code host by git, with the same credentials as its API.

The catalogue holds no secret, for it travels in histories: the credential joins the clone URL
here, and goes from there to git's environment. Source:
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
"""

from urllib.parse import quote, urlsplit

from integrations.github.client import REPOSITORY, GitHubClient
from integrations.github.objects import READ
from suture.github_settings import GitHubSettings
from suture.ports.source import SourceRepositories, SourceRepository


class GitHubSources:
    """Implements `suture.ports.source.SourceRepositories`; other URLs are opened as they are."""

    def __init__(self, settings: GitHubSettings, others: SourceRepositories) -> None:
        self._client = GitHubClient(settings)
        self._web = web_url(settings)
        self._others = others

    def open(self, url: str) -> SourceRepository:
        """Return the mirror of `owner/name`, or of its address on this GitHub, or of any URL.

        Raises:
            NotFound, NotAuthorised, Unreachable: it cannot be fetched.
        """
        return self._others.open(self.with_credential(url))

    def with_credential(self, url: str) -> str:
        """Return the URL for git, with a credential if this GitHub is meant and none was given."""
        prefix = f"{self._web}/"
        path = url.removeprefix(prefix) if url.startswith(prefix) else url
        name = path.removesuffix(".git").rstrip("/")
        if not REPOSITORY.fullmatch(name):
            return url
        parts = urlsplit(self._web)
        token = quote(self._client.token(READ), safe="")
        return f"{parts.scheme}://x-access-token:{token}@{parts.netloc}{parts.path}/{name}.git"


def web_url(settings: GitHubSettings) -> str:
    """Return where people and git find what the API talks of."""
    url = settings.api_url.rstrip("/")
    if url == "https://api.github.com":
        return "https://github.com"
    parts = urlsplit(url)
    # GitHub Enterprise Cloud with data residency has its API on a host of its own.
    host = parts.netloc.removeprefix("api.") if parts.netloc.endswith(".ghe.com") else parts.netloc
    return f"{parts.scheme}://{host}{parts.path.removesuffix('/api/v3')}"
