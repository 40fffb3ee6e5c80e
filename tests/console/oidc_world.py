"""Consoles that know an identity provider, and the steps of a login there."""

import dataclasses

import httpx

from suture.oidc_settings import OidcSettings
from suture.settings import UserSettings
from tests.console.visiting import Page, Visitor, World


def with_oidc(world: World, oidc: OidcSettings | None, **users: UserSettings) -> World:
    """Return the same console for these people."""
    settings = world.parts.settings.model_copy(update={"oidc": oidc, "users": users})
    parts = dataclasses.replace(world.parts, settings=settings)
    return dataclasses.replace(world, parts=parts)


async def leave(visitor: Visitor, following: str = "/") -> str:
    """Follow the link to the provider; its address."""
    page = await visitor.get(f"/login/oidc?next={following}")
    assert page.response.status_code == 303
    return str(page.response.headers["location"])


async def arrive(visitor: Visitor, back: httpx.URL) -> Page:
    """Come back with an address of the provider's."""
    path = back.raw_path.decode()
    assert path.startswith("/console/login/oidc/callback?")
    return await visitor.get(path.removeprefix("/console"))
