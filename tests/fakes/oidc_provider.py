"""An identity provider that keeps its codes and signs real tokens, and lies on request."""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT_ID = "suture"
CLIENT_SECRET = "s3cr:t/%"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class SigningKey:
    kid: str
    algorithm: str
    private: Key

    def public(self) -> dict[str, Any]:
        made: dict[str, Any] = (
            RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
            if isinstance(self.private, rsa.RSAPrivateKey)
            else ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        )
        return {**made, "kid": self.kid, "use": "sig"}


def new_key(kid: str, algorithm: str = "ES256") -> SigningKey:
    if algorithm.startswith("ES"):
        return SigningKey(kid, algorithm, ec.generate_private_key(ec.SECP256R1()))
    return SigningKey(kid, algorithm, rsa.generate_private_key(65_537, 2_048))


@dataclass
class Person:
    sub: str
    claims: dict[str, Any] = field(default_factory=dict)
    """Told in the ID token."""
    more: dict[str, Any] = field(default_factory=dict)
    """Told by the userinfo endpoint."""


@dataclass
class FakeProvider:
    """Its state; tests change it to have it lie."""

    issuer: str = ""
    client_secret: str | None = CLIENT_SECRET
    keys: list[SigningKey] = field(default_factory=lambda: [new_key("one")])
    codes: dict[str, tuple[Person, dict[str, str]]] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """Put into every ID token; None leaves the claim out."""
    forged: str | None = None
    """Sent instead of an ID token."""
    canned: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    """Answers by path, instead of the right ones."""
    asked: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Paths of requests, each once, that are answered when the test says so."""
    holding: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released for each request that is being held."""
    let_go: threading.Event = field(default_factory=threading.Event)

    def consent(self, url: str, person: Person) -> dict[str, str]:
        """Do what a browser and its person do at the provider; what comes back in the address."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = (person, asked)
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def redeem(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        person, asked = self.codes.pop(form["code"], (None, {}))
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        proved = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        known = (asked.get("redirect_uri"), asked.get("code_challenge"))
        if person is None or known != (form["redirect_uri"], proved):
            return 400, {"error": "invalid_grant"}
        token = secrets.token_urlsafe(16)
        self.tokens[token] = person
        id_token = self.forged or self.sign(person, asked["nonce"])
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": id_token}

    def sign(self, person: Person, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": person.sub,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **person.claims,
            **self.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        key = self.keys[-1]
        return jwt.encode(told, key.private, key.algorithm, headers={"kid": key.kid})

    def _is_client(self, form: Mapping[str, str], authorization: str) -> bool:
        if self.client_secret is None:
            return form.get("client_id") == CLIENT_ID
        if "client_secret" in form:
            return (form["client_id"], form["client_secret"]) == (CLIENT_ID, self.client_secret)
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":", 1)
        return [unquote(one) for one in pair] == [CLIENT_ID, self.client_secret]


@contextlib.contextmanager
def running() -> Iterator[FakeProvider]:
    """Serve one until the block ends."""
    provider = FakeProvider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield provider
        finally:
            provider.let_go.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider

    def do_GET(self) -> None:
        self._hear()
        if self.path in self.provider.canned:
            self._send(*self.provider.canned[self.path])
        elif self.path == "/.well-known/openid-configuration":
            self._say(200, self.provider.discovery())
        elif self.path == "/jwks":
            self._say(200, {"keys": [key.public() for key in self.provider.keys]})
        else:
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            person = self.provider.tokens.get(token)
            told = {"sub": person.sub, **person.more} if person else {}
            self._say(200 if person else 401, told)

    def do_POST(self) -> None:
        self._hear()
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self.path in self.provider.canned:
            self._send(*self.provider.canned[self.path])
            return
        self._say(*self.provider.redeem(form, self.headers.get("authorization", "")))

    def _hear(self) -> None:
        self.provider.asked.append(self.path)
        if self.path in self.provider.held:
            self.provider.held.remove(self.path)
            self.provider.holding.release()
            self.provider.let_go.wait()

    def _say(self, status: int, document: object) -> None:
        self._send(status, json.dumps(document).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
