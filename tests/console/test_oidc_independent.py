"""Logging in by a certified provider that somebody else wrote."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from suture.domain.approval import Role
from suture.oidc_settings import OidcSettings
from suture.settings import UserSettings
from tests.console.oidc_world import arrive, leave, with_oidc
from tests.console.visiting import ORIGIN, World
from tests.peers.oidc_provider import come_back, running

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "a secret: with/odd+characters-and-length-for-all"
CONFIGURATION: dict[str, object] = {
    "people": {
        "anna": {"email": "Anna@Example.com", "email_verified": True},
        "mallory": {"email": "anna@example.com", "email_verified": False},
        "gast": {"email": "gast@example.com", "email_verified": True, "groups": ["staff", "sre"]},
    },
    "clients": [
        {
            "client_id": "suture",
            "client_secret": SECRET,
            "redirect_uris": [f"{ORIGIN}/console/login/oidc/callback"],
            "scope": "openid email groups",
        }
    ],
    "scopes": ["openid", "email", "groups"],
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running(CONFIGURATION) as url:
        yield url


def console(world: World, issuer: str, secret: str = SECRET) -> World:
    oidc = OidcSettings(
        issuer=issuer,
        client_id="suture",
        client_secret=SecretStr(secret),
        scopes=("email", "groups"),
        viewer_groups=("sre",),
    )
    return with_oidc(world, oidc, anna=UserSettings(role=Role.APPROVER, email="anna@example.com"))


async def test_people_log_in_as_whom_the_provider_vouches_for(
    lonely_world: World, issuer: str
) -> None:
    for person, shown in (("anna", "anna approver"), ("gast", "viewer")):
        async with console(lonely_world, issuer).visitor() as visitor:
            back = await come_back(await leave(visitor, "/tickets"), person)
            page = await arrive(visitor, back)
            assert 'content="0; url=/console/tickets"' in page.html
            assert shown in (await visitor.get("/tickets")).text


async def test_an_address_that_the_provider_has_not_verified_opens_nothing(
    lonely_world: World, issuer: str
) -> None:
    async with console(lonely_world, issuer).visitor() as visitor:
        page = await arrive(visitor, await come_back(await leave(visitor), "mallory"))
        assert page.response.status_code == 403
        assert "an address that it has not verified" in page.text
        assert (await visitor.get("/tickets")).response.status_code == 303


async def test_the_provider_refuses_a_code_that_comes_again(
    lonely_world: World, issuer: str
) -> None:
    async with console(lonely_world, issuer).visitor() as visitor:
        address = await leave(visitor)
        kept = visitor.http.cookies["suture_oidc"]
        back = await come_back(address, "anna")
        assert (await arrive(visitor, back)).response.status_code == 200
        visitor.http.cookies.clear()
        visitor.http.cookies.set("suture_oidc", kept)
        again = await arrive(visitor, back)
        assert again.response.status_code == 403
        assert "does not take this login's code" in again.text


async def test_the_provider_refuses_a_wrong_secret_and_nobody_sees_it(
    lonely_world: World, issuer: str
) -> None:
    async with console(lonely_world, issuer, "another secret").visitor() as visitor:
        page = await arrive(visitor, await come_back(await leave(visitor), "anna"))
        assert page.response.status_code == 500
        assert "refuses Suture: mend oidc.client_id" in page.text
        assert "another secret" not in page.html
