"""Temporal behind TLS that asks for a certificate, as Temporal Cloud does."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from suture.errors import SettingsError, Unreachable
from suture.settings import TemporalSettings
from suture.temporal_settings import TemporalCertificates
from tests.builders.certificates import Authority, Pair
from tests.builders.temporal import temporal_address
from workers.connecting import connect

SERVER_NAME = "orders.a1b2c.tmprl.cloud"


@contextlib.asynccontextmanager
async def behind_tls(inner: str, authority: Authority, own: Pair) -> AsyncIterator[str]:
    """Serve that address by TLS to those who have a certificate of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    host, _, port = inner.rpartition(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


async def test_mutual_tls_reaches_temporal_with_the_right_certificates_only(
    tmp_path: Path,
) -> None:
    authority, other = Authority(tmp_path, "authority"), Authority(tmp_path, "other")
    own, stranger = authority.issue("worker"), other.issue("stranger")

    def settings(pair: Pair | None, trusted: Path | None, name: str | None) -> TemporalSettings:
        certificates = TemporalCertificates(
            authority_file=trusted,
            client_file=pair.certificate if pair else None,
            client_key=SecretStr(pair.key.read_text(encoding="ascii")) if pair else None,
            server_name=name,
        )
        return TemporalSettings(address=address, certificates=certificates)

    with temporal_address() as inner:
        served = behind_tls(inner, authority, authority.issue(SERVER_NAME))
        async with served as address:
            trusted = authority.certificate
            client = await connect(settings(own, trusted, SERVER_NAME))
            assert await client.service_client.check_health()
            for wrong in (
                settings(None, trusted, SERVER_NAME),
                settings(stranger, trusted, SERVER_NAME),
                settings(own, None, SERVER_NAME),
                settings(own, other.certificate, SERVER_NAME),
                settings(own, trusted, None),
                TemporalSettings(address=address, tls=True),
                TemporalSettings(address=address),
            ):
                with pytest.raises(Unreachable):
                    await connect(wrong)


async def test_a_certificate_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    certificates = TemporalCertificates(authority_file=tmp_path / "none.pem")
    with pytest.raises(SettingsError, match=r"none\.pem cannot be read"):
        await connect(TemporalSettings(certificates=certificates))


def test_a_certificate_is_worth_nothing_without_its_key(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="client_file and client_key"):
        TemporalCertificates(client_file=tmp_path / "own.pem")
