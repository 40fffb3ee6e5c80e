"""Settings of the keys that encrypt what Temporal keeps."""

import base64
import binascii
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from suture.domain.approval import Role

KEY_BYTES = 32


class EncryptionKey(BaseModel):
    """A key that encrypts or decrypts what Temporal keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    """Stands beside what it encrypted, in clear; never give it to another key."""
    secret: SecretStr
    """32 bytes in base64: `openssl rand -base64 32`."""

    @field_validator("secret")
    @classmethod
    def _has_the_length_of_a_key(cls, secret: SecretStr) -> SecretStr:
        _key_material(secret)
        return secret

    def material(self) -> bytes:
        """Return the 32 bytes."""
        return _key_material(self.secret)


def _key_material(secret: SecretStr) -> bytes:
    try:
        material = base64.b64decode(secret.get_secret_value().strip(), validate=True)
    except (binascii.Error, ValueError):
        material = b""
    if len(material) != KEY_BYTES:
        raise ValueError("a key is 32 bytes in base64; make one with: openssl rand -base64 32")
    return material


class EncryptionSettings(BaseModel):
    """Encrypts what Temporal keeps; without keys, it is in clear."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: tuple[EncryptionKey, ...] = ()
    """The first encrypts, all decrypt."""
    codec_role: Role = Role.APPROVER
    """The least role whose people may read and write it through the codec server."""

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        if len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("two keys have the same id")
        return self
