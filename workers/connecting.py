"""How every process of Suture reaches Temporal."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client, Interceptor
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RPCError, TLSConfig

from suture.errors import SettingsError, Unreachable
from suture.settings import TemporalSettings
from workers.core_runtime import process_runtime
from workers.encryption import data_converter

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What watches a client."""

    interceptors: Sequence[Interceptor] = ()
    runtime: Runtime | None = None
    """Temporal's own, with its metrics; None: the process's own one."""


UNWATCHED = Connection()


async def connect(settings: TemporalSettings, watched: Connection = UNWATCHED) -> Client:
    """Connect with the data converter that all workflows and activities use.

    Raises:
        Unreachable: nobody answers at the address.
        SettingsError: a certificate cannot be read.
    """
    key = settings.api_key
    try:
        return await Client.connect(
            settings.address,
            namespace=settings.namespace,
            data_converter=data_converter(settings.encryption),
            api_key=key.get_secret_value() if key else None,
            tls=_tls(settings),
            interceptors=watched.interceptors,
            runtime=watched.runtime or process_runtime(),
            grpc_compression=_compression(settings.address),
        )
    except (RPCError, RuntimeError) as error:
        raise Unreachable(
            f"Temporal does not answer at {settings.address}: {str(error)[:300]}."
            " Start it with `suture up`, or set SUTURE_TEMPORAL__ADDRESS."
        ) from error


def _compression(address: str) -> GrpcCompression:
    """Return none for a server on this machine: it would cost both sides more than it saves."""
    host, _, _ = address.rpartition(":")
    return GrpcCompression.NONE if host in LOOPBACK else GrpcCompression.GZIP


def _tls(settings: TemporalSettings) -> TLSConfig | bool:
    known = settings.certificates
    if known is None:
        return settings.tls or settings.api_key is not None
    key = known.client_key
    return TLSConfig(
        server_root_ca_cert=_read(known.authority_file),
        client_cert=_read(known.client_file),
        client_private_key=key.get_secret_value().encode() if key else None,
        domain=known.server_name,
    )


def _read(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise SettingsError(f"The certificate {path} cannot be read: {error.strerror}.") from error
