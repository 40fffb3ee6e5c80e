"""Coming, staying and going."""

from uuid import uuid4

import httpx
import pytest

from tests.console.visiting import World, until_held_back

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_who_is_not_logged_in_is_asked_to_and_then_sees_what_they_wanted(
    lonely_world: World,
) -> None:
    async with lonely_world.visitor() as visitor:
        sent = await visitor.get("/tickets")
        assert sent.response.status_code == 303
        assert sent.response.headers["location"] == "/console/login?next=/tickets"
        arrived = await visitor.log_in("vera", "/tickets")
        assert arrived.response.headers["location"] == "/console/tickets"
        assert "There is no ticket yet" in (await visitor.get("/tickets")).text


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    lonely_world: World,
) -> None:
    async with lonely_world.visitor() as visitor:
        page = await visitor.log_in("anna")
        cookie = next(
            one
            for one in page.response.headers.get_list("set-cookie")
            if one.startswith("suture_session=")
        )
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/console", "max-age=43200"} <= attributes
        assert "secure" not in attributes


async def test_a_wrong_token_opens_nothing(lonely_world: World) -> None:
    async with lonely_world.visitor() as visitor:
        page = await visitor.log_in("somebody-else")
        assert page.response.status_code == 401
        assert "Nobody has this login token" in page.text
        assert "suture_session" not in visitor.http.cookies
        assert (await visitor.get("/tickets")).response.status_code == 303


async def test_whoever_guesses_is_held_back(lonely_world: World) -> None:
    async with lonely_world.visitor() as visitor:
        form = (await visitor.get("/login")).fields("/login")

        async def guess() -> httpx.Response:
            return (await visitor.post("/login", {**form, "token": uuid4().hex})).response

        answers = await until_held_back(guess)
    # Each refusal renews the form, so only the first guess reaches the users at all.
    assert len(answers) > 10
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_login_form_of_another_browser_is_refused(lonely_world: World) -> None:
    async with lonely_world.visitor() as visitor, lonely_world.visitor() as other:
        form = (await other.get("/login")).fields("/login")
        without_cookie = await visitor.post("/login", {**form, "token": "anna-token"})
        assert without_cookie.response.status_code == 403
        await visitor.get("/login")
        with_another = await visitor.post("/login", {**form, "token": "anna-token"})
        assert with_another.response.status_code == 403


async def test_logging_in_leads_nowhere_outside_the_console(lonely_world: World) -> None:
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "evil"):
        async with lonely_world.visitor() as visitor:
            page = await visitor.log_in("anna", elsewhere)
            assert page.response.headers["location"] == "/console/"


async def test_logging_out_needs_the_form_and_ends_the_session(lonely_world: World) -> None:
    async with lonely_world.visitor("anna") as visitor:
        page = await visitor.get("/tickets")
        assert (await visitor.post("/logout", {"form_token": "x"})).response.status_code == 403
        assert (await visitor.get("/tickets")).response.status_code == 200
        gone = await visitor.post("/logout", page.fields("/logout"))
        assert gone.response.headers["location"] == "/console/login"
        assert (await visitor.get("/tickets")).response.status_code == 303


async def test_a_link_from_elsewhere_takes_a_step_that_brings_the_cookie(
    lonely_world: World,
) -> None:
    async with lonely_world.visitor() as visitor:
        page = await visitor.get('/tickets/"><script>', **{"sec-fetch-site": "cross-site"})
        assert page.response.status_code == 200
        assert '<meta http-equiv="refresh" content="0; url=/console/tickets/' in page.html
        assert "<script" not in page.html
        assert "set-cookie" not in page.response.headers


async def test_every_answer_carries_the_security_headers(lonely_world: World) -> None:
    async with lonely_world.visitor() as visitor:
        for path in ("/login", "/tickets", "/static/console.css", "/nowhere", ""):
            headers = (await visitor.get(path)).response.headers
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cache-control"] == "no-store"
        refused = await visitor.post("/logout", {})
        assert refused.response.status_code == 403
        assert "default-src 'none'" in refused.response.headers["content-security-policy"]
