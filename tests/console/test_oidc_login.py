"""Logging in by a provider, and everything that somebody may try on the way."""

import asyncio
import base64
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from apps.console.oidc_login import OidcLogin
from apps.console.oidc_routes import AT_ONCE
from apps.decisions import token_digest
from suture.domain.approval import Role
from suture.errors import NotAuthorised, SettingsError
from suture.oidc_settings import OidcSettings
from suture.settings import UserSettings
from tests.console.oidc_world import leave, with_oidc
from tests.console.visiting import ORIGIN, Page, Visitor, World, until_held_back
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, Person, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANNA = Person("anna-1", {"email": "anna@example.com", "email_verified": True})
MALLORY = Person("mallory-1", {"email": "mallory@example.com", "email_verified": True})
APPROVER = UserSettings(role=Role.APPROVER, oidc_subject="anna-1")


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with running() as provider:
        yield provider


def settings_for(fake: FakeProvider, *viewer_groups: str) -> OidcSettings:
    return OidcSettings(
        issuer=fake.issuer,
        client_id=CLIENT_ID,
        client_secret=SecretStr(CLIENT_SECRET),
        name="Example <ID>",
        viewer_groups=viewer_groups,
    )


@pytest.fixture
def console(lonely_world: World, fake: FakeProvider) -> World:
    return with_oidc(lonely_world, settings_for(fake), anna=APPROVER)


async def come_back(visitor: Visitor, parameters: dict[str, str]) -> Page:
    return await visitor.get(f"/login/oidc/callback?{urlencode(parameters)}")


async def log_in(visitor: Visitor, fake: FakeProvider, person: Person = ANNA) -> Page:
    return await come_back(visitor, fake.consent(await leave(visitor), person))


async def is_in(visitor: Visitor) -> bool:
    return (await visitor.get("/tickets")).response.status_code == 200


async def test_the_login_page_offers_the_provider_and_tokens_to_those_who_have_any(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        page = await visitor.get("/login?next=/tickets")
        assert "Log in with Example <ID>" in page.text
        assert 'href="/console/login/oidc?next=/tickets"' in page.html
        assert 'type="password"' not in page.html
    vera = UserSettings(token_sha256=token_digest("vera-token"))
    both = with_oidc(console, settings_for(fake), anna=APPROVER, vera=vera)
    async with both.visitor() as visitor:
        assert "Or with your login token" in (await visitor.get("/login")).text
        assert (await visitor.log_in("vera-token")).response.status_code == 303
        assert await is_in(visitor)


async def test_a_login_leads_to_the_page_that_was_wanted(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        address = await leave(visitor, "/tickets")
        page = await come_back(visitor, fake.consent(address, ANNA))
        assert page.response.status_code == 200
        assert 'content="0; url=/console/tickets"' in page.html
        assert "anna approver" in (await visitor.get("/tickets")).text


async def test_its_cookies_are_out_of_reach_and_the_one_of_the_journey_ends_with_it(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        sent = await visitor.get("/login/oidc")
        journey = sent.response.headers["set-cookie"].lower()
        assert "httponly" in journey
        assert "samesite=lax" in journey
        assert "max-age=600" in journey
        back = fake.consent(sent.response.headers["location"], ANNA)
        cookies = (await come_back(visitor, back)).response.headers.get_list("set-cookie")
        session = next(one for one in cookies if one.startswith("suture_session=")).lower()
        assert {"httponly", "samesite=strict", "path=/console"} <= set(session.split("; "))
        assert any(one.startswith('suture_oidc=""; ') for one in cookies)


async def test_the_cookie_of_the_journey_tells_nothing_that_finishes_it(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        back = fake.consent(await leave(visitor), ANNA)
        kept = visitor.http.cookies["suture_oidc"]
        payload = base64.urlsafe_b64decode(kept.strip('"').partition(".")[0]).decode()
        asked = fake.codes[back["code"]][1]
        assert not {asked["state"], asked["nonce"]} & set(payload.split('"'))


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0a/evil.example"]
)
async def test_a_login_leads_nowhere_outside_the_console(
    console: World, fake: FakeProvider, elsewhere: str
) -> None:
    async with console.visitor() as visitor:
        page = await come_back(visitor, fake.consent(await leave(visitor, elsewhere), ANNA))
        assert 'content="0; url=/console/"' in page.html


async def test_a_forged_state_opens_nothing(console: World, fake: FakeProvider) -> None:
    for state in ("", "x", "\ud800", "Ā"):
        async with console.visitor() as visitor:
            back = fake.consent(await leave(visitor), ANNA)
            changed = {**back, "state": state.encode("utf-8", "surrogatepass").decode("latin-1")}
            page = await come_back(visitor, changed)
            assert page.response.status_code == 403
            assert "began in another browser" in page.text
            assert back["code"] in fake.codes, "nobody asked the provider"
            assert not await is_in(visitor)


async def test_nobody_is_logged_in_as_somebody_else_by_a_link(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as mallory, console.visitor() as anna:
        back = fake.consent(await leave(mallory), MALLORY)
        assert (await come_back(anna, back)).response.status_code == 403
        await leave(anna)
        assert (await come_back(anna, back)).response.status_code == 403
        assert not await is_in(anna)


async def test_a_code_of_another_login_is_not_taken(console: World, fake: FakeProvider) -> None:
    async with console.visitor() as mallory, console.visitor() as anna:
        stolen = fake.consent(await leave(anna), ANNA)["code"]
        own = fake.consent(await leave(mallory), MALLORY)
        page = await come_back(mallory, {**own, "code": stolen})
        assert page.response.status_code == 403
        assert not await is_in(mallory)


async def test_a_changed_or_made_up_journey_is_refused(console: World, fake: FakeProvider) -> None:
    cookies = ["", "x", "x.y", "e30.AAAA", "." * 5_000, "\u00e9.x"]
    async with console.visitor() as visitor:
        back = fake.consent(await leave(visitor), ANNA)
        payload, _, seal = visitor.http.cookies["suture_oidc"].partition(".")
        text = base64.urlsafe_b64decode(payload).replace(b'"/"', b'"//e"')
        cookies.append(f"{base64.urlsafe_b64encode(text).decode()}.{seal}")
    for cookie in cookies:
        async with console.visitor() as visitor:
            header = {b"cookie": b"suture_oidc=" + cookie.encode()}
            answer = await visitor.http.get(
                "/console/login/oidc/callback", params=back, headers=header
            )
            assert answer.status_code == 403
            assert "suture_session" not in answer.headers.get("set-cookie", "")


async def test_whoever_takes_too_long_begins_again(console: World, fake: FakeProvider) -> None:
    moment = [0.0]
    login = OidcLogin(console.parts.settings, b"key", lambda: moment[0])
    address, cookie = login.leave("/")
    moment[0] = 600.0
    with pytest.raises(NotAuthorised, match="grown old"):
        login.arrive(cookie, fake.consent(address, ANNA))
    moment[0] = 599.0
    assert login.arrive(cookie, fake.consent(address, ANNA)).actor.id == "anna"


async def test_what_the_provider_says_instead_of_a_code_is_told_if_it_is_harmless(
    console: World, fake: FakeProvider
) -> None:
    said = {
        "access_denied": "It says: access_denied.",
        "<b>Call 555-1234": "It says: nothing that can be read.",
        "": "It says: nothing that can be read.",
    }
    for error, shown in said.items():
        async with console.visitor() as visitor:
            back = fake.consent(await leave(visitor), ANNA)
            page = await come_back(visitor, {**back, "code": "", "error": error})
            assert page.response.status_code == 403
            assert shown in page.text


async def test_an_answer_that_names_another_provider_is_refused(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        back = fake.consent(await leave(visitor), ANNA)
        page = await come_back(visitor, {**back, "iss": "https://evil.example"})
        assert "not from the identity provider" in page.text
        assert back["code"] in fake.codes


async def test_a_token_that_cannot_be_trusted_opens_nothing(
    console: World, fake: FakeProvider
) -> None:
    fake.claims = {"nonce": "of another login"}
    async with console.visitor() as visitor:
        page = await log_in(visitor, fake)
        assert page.response.status_code == 403
        assert "ID token cannot be trusted: it belongs to another login" in page.text
        assert not await is_in(visitor)


async def test_people_who_are_not_known_here_are_told_what_to_ask_for(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        page = await log_in(visitor, fake, MALLORY)
        assert page.response.status_code == 403
        assert "The provider knows you as mallory-1 with mallory@example.com." in page.text
        assert "Log in with Example" in page.text
        assert not await is_in(visitor)


async def test_an_address_opens_only_when_verified_and_only_without_a_subject(
    console: World, fake: FakeProvider
) -> None:
    by_address = UserSettings(role=Role.ADMIN, email="Anna@example.com")
    unverified = Person("new-1", {"email": "anna@example.com", "email_verified": False})
    for user, person, shown in (
        (by_address, ANNA, "anna admin"),
        (by_address, unverified, "an address that it has not verified"),
        (by_address.model_copy(update={"oidc_subject": "old-1"}), ANNA, "You are not known here"),
        (APPROVER, Person("new-1"), "The provider knows you as new-1."),
    ):
        async with with_oidc(console, settings_for(fake), anna=user).visitor() as visitor:
            page = await log_in(visitor, fake, person)
            said = (await visitor.get("/tickets")).text if "refresh" in page.html else page.text
            assert shown in said


async def test_members_of_a_group_may_look_on_until_the_group_may_not(
    console: World, fake: FakeProvider
) -> None:
    member = Person("gast-1", {"groups": ["sre"], "email": "gast@example.com"})
    async with with_oidc(console, settings_for(fake, "sre")).visitor() as visitor:
        await log_in(visitor, fake, member)
        assert "viewer" in (await visitor.get("/tickets")).text
        cookies = visitor.http.cookies
        for oidc in (settings_for(fake, "dev"), settings_for(fake), None):
            async with with_oidc(console, oidc).visitor() as later:
                later.http.cookies = cookies
                assert not await is_in(later)


async def test_a_session_ends_with_what_it_was_given_for(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        await log_in(visitor, fake)
        cookies = visitor.http.cookies
    other = UserSettings(role=Role.APPROVER, oidc_subject="other-1")
    demoted = UserSettings(role=Role.VIEWER, oidc_subject="anna-1")
    oidc = settings_for(fake)
    for changed, still in (
        (with_oidc(console, oidc, anna=demoted), True),
        (with_oidc(console, oidc, anna=other), False),
        (with_oidc(console, oidc), False),
        (with_oidc(console, oidc.model_copy(update={"client_id": "x"}), anna=APPROVER), False),
        (with_oidc(console, None, anna=APPROVER), False),
    ):
        async with changed.visitor() as visitor:
            visitor.http.cookies = cookies
            assert await is_in(visitor) is still


async def test_a_user_without_a_token_has_no_token_to_guess(
    console: World, fake: FakeProvider
) -> None:
    vera = UserSettings(token_sha256=token_digest("vera-token"))
    both = with_oidc(console, settings_for(fake), anna=APPROVER, vera=vera)
    async with both.visitor() as visitor:
        for guess in ("", "None", " "):
            assert (await visitor.log_in(guess or "-")).response.status_code == 401


async def test_a_provider_that_is_away_or_misconfigured_is_said_on_a_page(
    console: World, fake: FakeProvider
) -> None:
    path = "/.well-known/openid-configuration"
    async with console.visitor() as visitor:
        fake.canned[path] = (503, b"", {})
        page = await visitor.get("/login/oidc")
        assert page.response.status_code == 503
        assert "default-src 'none'" in page.response.headers["content-security-policy"]
    async with console.visitor() as visitor:
        fake.canned[path] = (404, b"", {})
        assert (await visitor.get("/login/oidc")).response.status_code == 500


async def test_a_provider_that_hangs_holds_up_two_logins_and_nothing_else(
    console: World, fake: FakeProvider
) -> None:
    fake.held = ["/.well-known/openid-configuration"] * AT_ONCE
    async with console.visitor() as visitor:
        waiting = [asyncio.create_task(visitor.get("/login/oidc")) for _ in range(AT_ONCE)]
        for _ in waiting:
            await asyncio.to_thread(fake.holding.acquire)
        page = await visitor.get("/login/oidc")
        assert page.response.status_code == 503
        assert "still wait for the identity provider. Try again in a moment." in page.text
        assert int(page.response.headers["retry-after"]) > 0
        back = await come_back(visitor, {"state": "x"})
        assert back.response.status_code == 503
        fake.let_go.set()
        assert [(await one).response.status_code for one in waiting] == [303] * AT_ONCE
        await log_in(visitor, fake)
        assert await is_in(visitor)


async def test_no_login_begins_once_the_console_has_stopped(console: World) -> None:
    app = console.app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as http:
        async with app.router.lifespan_context(app):
            assert (await http.get("/console/login/oidc")).status_code == 303
        assert (await http.get("/console/login/oidc")).status_code == 503


async def test_whoever_tries_too_often_is_held_back_but_not_who_succeeds(
    console: World, fake: FakeProvider
) -> None:
    async with console.visitor() as visitor:
        for _ in range(12):
            await log_in(visitor, fake)

        async def attempt() -> httpx.Response:
            return (await come_back(visitor, {"state": "x"})).response

        *refused, _ = await until_held_back(attempt)
    assert len(refused) >= 10
    assert {answer.status_code for answer in refused} == {403}


async def test_without_a_provider_there_is_no_such_way(lonely_world: World) -> None:
    async with lonely_world.visitor() as visitor:
        sent = await visitor.get("/login/oidc")
        assert sent.response.headers["location"] == "/console/login?next=/login/oidc"
    with pytest.raises(SettingsError, match="oidc"):
        OidcLogin(lonely_world.parts.settings, b"key")
