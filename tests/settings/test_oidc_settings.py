"""Who may be known by a provider."""

import pytest
from pydantic import ValidationError

from suture.oidc_settings import OidcSettings, same_person
from suture.settings import Settings, UserSettings


@pytest.mark.parametrize(
    "issuer",
    [
        "https://id.example",
        "https://id.example/realms/a/",
        "http://127.0.0.1:1",
        "http://localhost",
    ],
)
def test_an_issuer_is_reached_by_tls_or_on_this_machine(issuer: str) -> None:
    assert OidcSettings(issuer=issuer, client_id="suture").issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "http://id.example",
        "http://localhost.example",
        "http://127.0.0.1@id.example",
        "https://me:secret@id.example",
        "https://id.example?x",
        "id.example",
    ],
)
def test_other_issuers_are_refused(issuer: str) -> None:
    with pytest.raises(ValidationError):
        OidcSettings(issuer=issuer, client_id="suture")


def test_two_users_are_two_people() -> None:
    anna, bob = UserSettings(email="anna@example.com"), UserSettings(oidc_subject="b")
    assert Settings(users={"anna": anna, "bob": bob, "vera": UserSettings()}).users
    with pytest.raises(ValidationError, match="users bob and rob have one oidc_subject or email"):
        Settings(users={"anna": anna, "bob": bob, "rob": bob})
    assert same_person({"a": (None, "X@example.com"), "b": (None, "x@Example.com")}) == ("a", "b")
