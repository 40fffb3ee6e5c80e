from datetime import UTC, datetime

import pytest

from integrations.builds import moment_of, repository_of


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21 11:58:00 UTC",
        "2026-11-21 12:58:00 +0100",
        "2026-11-21T11:58:00Z",
        "2026-11-21T11:58:00.000+00:00",
        "2026-11-21T11:58:00",
    ],
)
def test_times_are_read_however_a_ci_system_writes_them(text: str) -> None:
    assert moment_of(text) == datetime(2026, 11, 21, 11, 58, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "\u0661" * 4])
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment_of(text) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/shop.git",
        "https://ada:pass@github.com/acme/shop",
        "git@github.com:acme/shop.git",
        "ssh://git@github.com:22/acme/shop.git/",
    ],
)
def test_a_repository_is_named_without_host_and_credentials(url: str) -> None:
    assert repository_of(url) == "acme/shop"


@pytest.mark.parametrize("url", ["", "acme", "/srv/git/shop.git"])
def test_what_is_no_url_names_no_repository(url: str) -> None:
    assert repository_of(url) == ""
