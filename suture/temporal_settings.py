"""What an operator sets where Temporal is reached by certificates."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class TemporalCertificates(BaseModel):
    """Certificates of a connection to Temporal. With this table, TLS is used."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    authority_file: Path | None = None
    """Certificates, in PEM, of whoever signs the server's; unset: the machine's."""
    client_file: Path | None = None
    """Suture's own certificate, in PEM, for mutual TLS; it needs `client_key`."""
    client_key: SecretStr | None = Field(default=None, min_length=1)
    """Private key of `client_file`, in PEM."""
    server_name: str | None = None
    """Name in the server's certificate, where `temporal.address` has another."""

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if (self.client_file is None) != (self.client_key is None):
            raise ValueError("mutual TLS needs client_file and client_key")
        return self
