"""How every process of Suture reaches Temporal."""

from temporalio.client import Client
from temporalio.service import RPCError, TLSConfig

from suture.errors import Unreachable
from suture.settings import TemporalSettings
from workers.encryption import data_converter


async def connect(settings: TemporalSettings) -> Client:
    """Connect with the data converter that all workflows and activities use.

    Raises:
        Unreachable: nobody answers at the address.
    """
    key = settings.api_key
    try:
        return await Client.connect(
            settings.address,
            namespace=settings.namespace,
            data_converter=data_converter(settings.encryption),
            api_key=key.get_secret_value() if key else None,
            tls=TLSConfig() if settings.tls or key else False,
        )
    except (RPCError, RuntimeError) as error:
        raise Unreachable(
            f"Temporal does not answer at {settings.address}: {str(error)[:300]}."
            " Start it with `suture up`, or set SUTURE_TEMPORAL__ADDRESS."
        ) from error
