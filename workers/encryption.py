"""Encrypts what Temporal keeps, so that its operators and backups hold nothing to read.

https://docs.temporal.io/production-deployment/data-encryption, AES-256-GCM as in NIST SP 800-38D.
The whole payload, metadata included, becomes the data of a new one. In clear stay workflow and
activity names and ids, search attributes, and the types of failures.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    PayloadCodec,
    PayloadConverter,
)

from suture.encryption_settings import EncryptionKey, EncryptionSettings
from suture.errors import InvalidInput, SettingsError
from suture.redaction import scrub

ENCODING = b"binary/encrypted"
ENCODING_NAME = "encoding"
KEY_NAME = "encryption-key-id"
PURPOSE = b"suture.temporal.payload.v1\x00"
NONCE_BYTES = 12
"""Random: after 2^32 payloads a key should be followed by another one."""
MAX_KEY_ID = 63
ENCODED_FAILURE = "Encoded failure"
"""What Temporal's own SDKs say in place of a message."""


class EncryptingCodec(PayloadCodec):
    """Encrypts with the first key; decrypts with all, and lets through what is in clear."""

    def __init__(self, keys: Sequence[EncryptionKey]) -> None:
        self._newest = keys[0].id
        self._ciphers = {key.id: AESGCM(key.material()) for key in keys}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads, encrypted."""
        return [self.encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as they were before.

        Raises:
            SettingsError: a key is not in the settings.
            InvalidInput: a payload was changed.
        """
        return [self.decrypt(payload) for payload in payloads]

    def encrypt(self, payload: Payload) -> Payload:
        """Return one payload, encrypted with the newest key."""
        name, nonce = self._newest.encode(), os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(
            nonce, payload.SerializeToString(), PURPOSE + name
        )
        return Payload(metadata={ENCODING_NAME: ENCODING, KEY_NAME: name}, data=nonce + sealed)

    def decrypt(self, payload: Payload) -> Payload:
        """Return what was encrypted; a payload in clear, from before, as it is.

        Raises:
            SettingsError: its key is not in the settings.
            InvalidInput: it was changed.
        """
        if payload.metadata.get(ENCODING_NAME) != ENCODING:
            return payload
        name = payload.metadata.get(KEY_NAME, b"")
        shown = name[:MAX_KEY_ID].decode(errors="replace")
        cipher = self._ciphers.get(shown)
        if cipher is None:
            raise SettingsError(
                f"A payload was encrypted with the key {shown!r}, which is not in the settings."
                " Add it to temporal.encryption.keys, after the first."
            )
        try:
            nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
            return Payload.FromString(cipher.decrypt(nonce, sealed, PURPOSE + name))
        except (InvalidTag, ValueError) as error:
            raise InvalidInput(
                f"An encrypted payload was changed, or {shown!r} is the id of another key."
            ) from error


class ScrubbedFailures(DefaultFailureConverter):
    """Takes secrets out of the messages of whatever fails: bugs and libraries quote them."""

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        """Describe an exception; its causes come here by themselves."""
        super().to_failure(exception, payload_converter, failure)
        failure.message = scrub(failure.message)
        failure.stack_trace = scrub(failure.stack_trace)


class EncodedFailures(ScrubbedFailures):
    """Makes messages and stack traces payloads, so that they are encrypted, too."""

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        """Describe an exception in a payload."""
        super().to_failure(exception, payload_converter, failure)
        attributes = {"message": failure.message, "stack_trace": failure.stack_trace}
        failure.encoded_attributes.CopyFrom(payload_converter.to_payload(attributes))
        failure.message, failure.stack_trace = ENCODED_FAILURE, ""


def data_converter(settings: EncryptionSettings) -> DataConverter:
    """Return the converter that all workflows, activities and clients use."""
    keys = settings.keys
    return DataConverter(
        payload_converter_class=PydanticPayloadConverter,
        failure_converter_class=EncodedFailures if keys else ScrubbedFailures,
        payload_codec=EncryptingCodec(keys) if keys else None,
    )


async def decrypt_in_place(messages: Iterable[Message], codec: PayloadCodec) -> None:
    """Replace every payload anywhere in these messages by what was encrypted.

    Raises:
        SettingsError: a key is not in the settings.
        InvalidInput: a payload was changed.
    """
    found = [payload for message in messages for payload in _payloads_in(message)]
    for payload, plain in zip(found, await codec.decode(found), strict=True):
        payload.CopyFrom(plain)


def _payloads_in(message: Message) -> Iterator[Payload]:
    if isinstance(message, Payload):
        yield message
        return
    for _, value in message.ListFields():
        for below in _messages_in(value):
            yield from _payloads_in(below)


def _messages_in(value: object) -> Iterator[Message]:
    if isinstance(value, Message):
        yield value
    elif isinstance(value, Mapping):
        yield from (one for one in value.values() if isinstance(one, Message))
    elif isinstance(value, Sequence):
        yield from (one for one in value if isinstance(one, Message))
