"""Runs npm's `oidc-provider`, an OpenID-certified provider by somebody else, on this machine.

https://www.npmjs.com/package/oidc-provider
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path

import httpx

from tests.peers.npm import Program, free_port, installed, listening, node

LISTED = Path(__file__).parent / "oidc_npm"
FORM = re.compile(r'action="([^"]+)" method="post"')


@contextlib.contextmanager
def running(configuration: Mapping[str, object]) -> Iterator[str]:
    """Run a provider of this configuration, with `people` as their claims by id; its issuer.

    Skips the test where Node or npm's registry is not to be had.
    """
    port = free_port()
    environment = {
        "PEER_MODULES": str(installed(LISTED)),
        "PEER_PORT": str(port),
        "PEER_CONFIGURATION": json.dumps(configuration),
    }
    command = [node(), str(LISTED / "provider.mjs")]
    with listening(Program(command=command, port=port, environment=environment)):
        yield f"http://127.0.0.1:{port}"


async def come_back(url: str, person: str) -> httpx.URL:
    """Log in at the provider as a person with a browser would; where it sends them then."""
    async with httpx.AsyncClient(timeout=60) as browser:
        answer = await browser.get(url)
        while True:
            while answer.is_redirect:
                following = answer.url.join(answer.headers["location"])
                if following.host not in {"127.0.0.1", "localhost"}:
                    return following
                answer = await browser.get(following)
            form = FORM.search(answer.text)
            assert form, answer.text[:1_000]
            prompt = "login" if 'value="login"' in answer.text else "consent"
            fields = {"prompt": prompt, "login": person, "password": "any"}
            answer = await browser.post(unescape(form[1]), data=fields)
