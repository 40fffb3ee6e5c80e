"""The code flow against a provider that signs real tokens and lies on request."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from integrations.oidc.discovery import FAILURE_SECONDS, Discovery, Metadata, check_discovery
from integrations.oidc.provider import Identity, Login, OidcProvider
from suture.errors import NotAuthorised, RateLimited, SettingsError, Unreachable
from suture.oidc_settings import OidcSettings
from tests.fakes.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    FakeProvider,
    Person,
    SigningKey,
    new_key,
)

LOGIN = Login(
    state="state",
    nonce="nonce-of-this-login",
    verifier="v" * 43,
    redirect_uri="https://suture.example/console/login/oidc/callback",
)
ANNA = Person("anna-1", {"email": "anna@example.com", "email_verified": True})


def settings_for(fake: FakeProvider, **changes: object) -> OidcSettings:
    given: dict[str, Any] = {
        "issuer": fake.issuer,
        "client_id": CLIENT_ID,
        "client_secret": SecretStr(CLIENT_SECRET),
        **changes,
    }
    return OidcSettings(**given)


def provider_for(fake: FakeProvider, **changes: object) -> OidcProvider:
    return OidcProvider(settings_for(fake, **changes))


def log_in(fake: FakeProvider, person: Person = ANNA, **changes: object) -> Identity:
    provider = provider_for(fake, **changes)
    back = fake.consent(provider.login_url(LOGIN), person)
    provider.check_sender(back["iss"])
    return provider.identify(back["code"], LOGIN)


def test_a_person_is_known_by_subject_and_verified_address(fake: FakeProvider) -> None:
    known = log_in(fake)
    assert known == Identity(subject="anna-1", email="anna@example.com", email_verified=True)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
def test_every_usual_signature_is_taken(fake: FakeProvider, algorithm: str) -> None:
    fake.keys = [new_key("it", algorithm)]
    assert log_in(fake).subject == "anna-1"


def test_the_secret_may_travel_in_the_form_where_the_provider_wants_that(
    fake: FakeProvider,
) -> None:
    fake.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert log_in(fake).subject == "anna-1"


def test_without_a_secret_suture_is_a_public_client(fake: FakeProvider) -> None:
    fake.client_secret = None
    assert log_in(fake, client_secret=None).subject == "anna-1"


def test_what_the_token_leaves_out_is_asked_for(fake: FakeProvider) -> None:
    more = {"email": "anna@example.com", "email_verified": True, "groups": ["sre"]}
    known = log_in(fake, Person("anna-1", more=more), viewer_groups=("sre",))
    assert (known.email, known.email_verified, known.groups) == (more["email"], True, ("sre",))


def test_an_address_is_never_verified_by_another_answer(fake: FakeProvider) -> None:
    more = {"email": "other@example.com", "email_verified": True, "groups": "sre"}
    person = Person("anna-1", {"email": "root@example.com"}, more)
    known = log_in(fake, person, viewer_groups=("sre",))
    assert (known.email, known.email_verified) == ("root@example.com", False)
    assert known.groups == ("sre",)


@pytest.mark.parametrize("verified", [None, False, "true", 1])
def test_only_true_verifies_an_address(fake: FakeProvider, verified: object) -> None:
    fake.claims = {"email_verified": verified}
    assert not log_in(fake).email_verified


def test_userinfo_about_somebody_else_is_refused(fake: FakeProvider) -> None:
    with pytest.raises(NotAuthorised, match="somebody else"):
        log_in(fake, Person("mallory", more={"sub": "anna-1", "email": "a@example.com"}))


def test_userinfo_that_is_not_given_means_no_more_claims(fake: FakeProvider) -> None:
    fake.canned["/userinfo"] = (403, b"no", {})
    assert not log_in(fake, Person("anna-1")).email
    fake.metadata = {"userinfo_endpoint": None}
    assert not log_in(fake, Person("anna-1")).email


def test_a_code_works_once(fake: FakeProvider) -> None:
    provider = provider_for(fake)
    code = fake.consent(provider.login_url(LOGIN), ANNA)["code"]
    provider.identify(code, LOGIN)
    with pytest.raises(NotAuthorised, match="does not take this login's code"):
        provider.identify(code, LOGIN)


def test_a_stolen_code_is_worth_nothing_without_the_verifier(fake: FakeProvider) -> None:
    provider = provider_for(fake)
    code = fake.consent(provider.login_url(LOGIN), ANNA)["code"]
    with pytest.raises(NotAuthorised, match="does not take this login's code"):
        provider.identify(code, LOGIN.model_copy(update={"verifier": "w" * 43}))


NOW = int(time.time())
"""When tests were collected: the last of them may come much later."""
YEAR = 365 * 86_400


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "of another login"}, "another login"),
        ({"nonce": None}, "MissingRequiredClaim"),
        ({"nonce": ["nonce-of-this-login"]}, "another login"),
        ({"nonce": "\ud800"}, "another login"),
        ({"aud": "another-app"}, "InvalidAudience"),
        ({"aud": ["another-app"]}, "InvalidAudience"),
        ({"aud": [CLIENT_ID, "another-app"]}, "another application"),
        ({"aud": [CLIENT_ID, "another-app"], "azp": "another-app"}, "another application"),
        ({"azp": "another-app"}, "another application"),
        ({"aud": None}, "MissingRequiredClaim"),
        ({"iss": "https://evil.example"}, "InvalidIssuer"),
        ({"iss": None}, "MissingRequiredClaim"),
        ({"exp": NOW - 60}, "ExpiredSignature"),
        ({"exp": None}, "MissingRequiredClaim"),
        ({"exp": "soon"}, "Decode"),
        ({"exp": float("inf")}, "OverflowError|DecodeError"),
        ({"iat": NOW + YEAR}, "ImmatureSignature"),
        ({"nbf": NOW + YEAR}, "ImmatureSignature"),
        ({"sub": None}, "MissingRequiredClaim"),
        ({"sub": ""}, "names nobody"),
        ({"sub": "x" * 256}, "names nobody"),
    ],
)
def test_a_token_that_is_not_for_this_login_is_refused(
    fake: FakeProvider, claims: dict[str, object], reason: str
) -> None:
    fake.claims = claims
    with pytest.raises(NotAuthorised, match=reason):
        log_in(fake)


def test_more_audiences_are_taken_if_the_token_is_made_for_suture(fake: FakeProvider) -> None:
    fake.claims = {"aud": [CLIENT_ID, "another-app"], "azp": CLIENT_ID}
    assert log_in(fake).subject == "anna-1"


def test_clocks_may_differ_by_the_leeway(fake: FakeProvider) -> None:
    fake.claims = {"exp": int(time.time()) - 20, "iat": int(time.time()) + 20}
    assert log_in(fake).subject == "anna-1"


def forge(fake: FakeProvider, key: Any, algorithm: str, **header: object) -> str:  # noqa: ANN401 -- PyJWT takes many kinds
    claims = jwt.decode(fake.sign(ANNA, LOGIN.nonce), options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm, headers={"kid": "one", **header})


def without_key_id(fake: FakeProvider) -> str:
    claims = jwt.decode(fake.sign(ANNA, LOGIN.nonce), options={"verify_signature": False})
    return jwt.encode(claims, fake.keys[0].private, "ES256")


def test_tokens_that_nobody_signed_or_a_public_key_did_are_refused(fake: FakeProvider) -> None:
    public = str(fake.keys[0].public())
    forgeries = {
        forge(fake, None, "none"): "algorithm is not allowed",
        forge(fake, public.ljust(64), "HS256"): "algorithm is not allowed",
        forge(fake, CLIENT_SECRET.ljust(64), "HS256"): "algorithm is not allowed",
        forge(fake, new_key("one").private, "ES256"): "InvalidSignature",
        forge(fake, new_key("one", "RS256").private, "RS256"): "none of the provider's keys",
        forge(fake, new_key("other").private, "ES256", kid="other"): "none of the provider's keys",
        "e30.e30.": "algorithm is not allowed",
        "": "DecodeError",
        "not.a.token": "DecodeError",
        "x" * 70_000: "too long",
    }
    for token, reason in forgeries.items():
        fake.forged = token or " "
        with pytest.raises(NotAuthorised, match=reason):
            log_in(fake)


def test_keys_for_other_uses_do_not_sign(fake: FakeProvider) -> None:
    public = {**fake.keys[0].public(), "use": "enc"}
    fake.canned["/jwks"] = (200, _json({"keys": [public, "noise"]}), {})
    with pytest.raises(NotAuthorised, match="none of the provider's keys"):
        log_in(fake)


def test_a_token_without_key_id_needs_an_only_key(fake: FakeProvider) -> None:
    fake.forged = without_key_id(fake)
    assert log_in(fake).subject == "anna-1"
    fake.keys.append(new_key("two"))
    with pytest.raises(NotAuthorised, match="several keys"):
        log_in(fake)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_short_rsa_key_is_none(fake: FakeProvider) -> None:
    fake.keys = [SigningKey("weak", "RS256", _short_key())]
    with pytest.raises(NotAuthorised, match="InvalidKeyError"):
        log_in(fake)


def test_new_keys_are_found_and_withdrawn_ones_forgotten(fake: FakeProvider) -> None:
    moment = [0.0]
    settings = settings_for(fake)
    provider = OidcProvider(settings, Metadata(settings, lambda: moment[0]))

    def arrive() -> str:
        code = fake.consent(provider.login_url(LOGIN), ANNA)["code"]
        return provider.identify(code, LOGIN).subject

    old = fake.keys[0]
    assert arrive() == "anna-1"
    fake.keys.append(new_key("two"))
    with pytest.raises(NotAuthorised, match="none of the provider's keys"):
        arrive()
    moment[0] += 10
    assert arrive() == "anna-1"
    assert fake.asked.count("/jwks") == 2
    fake.keys.reverse()
    assert arrive() == "anna-1"
    fake.keys.remove(old)
    moment[0] += 600
    fake.forged = jwt.encode({}, old.private, "ES256", headers={"kid": "one"})
    with pytest.raises(NotAuthorised, match="none of the provider's keys"):
        arrive()


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks"])
def test_a_provider_that_failed_is_left_alone_for_a_moment(fake: FakeProvider, path: str) -> None:
    moment = [0.0]
    metadata = Metadata(settings_for(fake), lambda: moment[0])
    fake.canned[path] = (503, b"", {})
    for _ in range(3):
        with pytest.raises(Unreachable, match="broken just now: status 503"):
            metadata.keys()
    assert fake.asked.count(path) == 1
    fake.canned.clear()
    moment[0] += FAILURE_SECONDS
    assert metadata.keys() == metadata.newer_keys()
    assert fake.asked.count(path) == 2


def test_nobody_waits_for_what_another_asked(fake: FakeProvider) -> None:
    fake.held = ["/.well-known/openid-configuration"]
    metadata = Metadata(settings_for(fake))
    with ThreadPoolExecutor(1) as other:
        hanging = other.submit(metadata.discovery)
        fake.holding.acquire()
        assert metadata.discovery().issuer == fake.issuer
        fake.let_go.set()
        assert hanging.result() == metadata.discovery()


def test_an_answer_of_another_provider_is_refused(fake: FakeProvider) -> None:
    provider = provider_for(fake)
    for sender in ("https://evil.example", None):
        with pytest.raises(NotAuthorised, match="not from the identity provider"):
            provider.check_sender(sender)
    fake.metadata = {"authorization_response_iss_parameter_supported": False}
    provider_for(fake).check_sender(None)


def test_what_the_operator_must_mend_is_said(fake: FakeProvider) -> None:
    with pytest.raises(SettingsError, match="refuses Suture"):
        log_in(fake, client_secret=SecretStr("wrong"))
    fake.canned["/token"] = (400, _json({"error": "unauthorized_client"}), {})
    with pytest.raises(SettingsError, match="refuses Suture"):
        log_in(fake)
    fake.metadata = {"issuer": "https://other.example"}
    with pytest.raises(SettingsError, match=r"calls itself 'https://other\.example'"):
        log_in(fake)
    fake.metadata = {"token_endpoint": 3}
    with pytest.raises(SettingsError, match="describes no OpenID provider"):
        log_in(fake)
    fake.metadata = {}
    fake.canned["/jwks"] = (200, b"{}", {})
    fake.canned.pop("/token")
    with pytest.raises(SettingsError, match="publishes no keys"):
        log_in(fake)
    fake.canned["/.well-known/openid-configuration"] = (404, b"<html>", {})
    with pytest.raises(SettingsError, match="answers 404"):
        log_in(fake)


def test_what_may_mend_itself_is_told_apart_and_says_no_secret(fake: FakeProvider) -> None:
    path = "/.well-known/openid-configuration"
    secret = CLIENT_SECRET.encode()
    for answer, kind in {
        (500, secret): Unreachable,
        (200, b"[" * 100_000): Unreachable,
        (200, b"[]"): Unreachable,
        (200, b" " * (2 << 20)): Unreachable,
        (429, secret): RateLimited,
    }.items():
        fake.canned[path] = (*answer, {"retry-after": "nan"})
        with pytest.raises(kind) as caught:
            log_in(fake)
        assert CLIENT_SECRET not in str(caught.value)


def test_a_provider_that_is_away_is_told_from_one_that_asks_for_patience(
    fake: FakeProvider,
) -> None:
    path = "/.well-known/openid-configuration"
    for asked, waits in (("7", 7.0), ("soon", 30.0), ("9e9", 3_600.0), ("-1", 1.0)):
        fake.canned[path] = (429, b"", {"retry-after": asked})
        with pytest.raises(RateLimited) as caught:
            log_in(fake)
        assert caught.value.retry_after_seconds == waits
    away = OidcSettings(issuer="http://127.0.0.1:1", client_id=CLIENT_ID)
    with pytest.raises(Unreachable, match="ConnectError"):
        OidcProvider(away).login_url(LOGIN)


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_an_issuer_with_tls_has_no_endpoint_without(endpoint: str) -> None:
    settings = OidcSettings(issuer="https://id.example", client_id=CLIENT_ID)
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    safe = Discovery.model_validate(
        {"issuer": settings.issuer, **{name: f"https://id.example/{name}" for name in names}}
    )
    check_discovery(safe, settings)
    with pytest.raises(SettingsError, match="without TLS"):
        check_discovery(safe.model_copy(update={endpoint: "http://id.example/x"}), settings)


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


def _short_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 1_024)  # noqa: S505 -- it must be refused
