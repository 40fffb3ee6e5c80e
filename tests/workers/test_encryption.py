"""Payloads are encrypted by rotating keys; what was changed, or by whose key, is told apart."""

import base64
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError

from apps.cli.readiness import payload_need
from suture.encryption_settings import EncryptionKey, EncryptionSettings
from suture.errors import InvalidInput, SettingsError
from suture.settings import Settings, TemporalSettings
from workers.encryption import EncryptingCodec, data_converter, decrypt_in_place


def key(name: str) -> EncryptionKey:
    material = name.encode().ljust(32, b".")
    return EncryptionKey.model_validate({"id": name, "secret": base64.b64encode(material).decode()})


def codec(*names: str) -> EncryptingCodec:
    return EncryptingCodec([key(name) for name in names])


def plain(data: bytes = b'"cart"') -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=data)


payloads = st.builds(
    Payload,
    metadata=st.dictionaries(st.text(max_size=20), st.binary(max_size=20), max_size=3),
    data=st.binary(max_size=200),
)


@given(payloads)
async def test_every_payload_comes_back_whole(payload: Payload) -> None:
    sealed = codec("a").encrypt(payload)
    assert codec("a").decrypt(sealed) == payload
    assert set(sealed.metadata) == {"encoding", "encryption-key-id"}


def test_the_same_payload_never_looks_the_same() -> None:
    assert codec("a").encrypt(plain()).data != codec("a").encrypt(plain()).data


async def test_the_first_key_encrypts_and_all_decrypt() -> None:
    old, both = codec("old"), codec("new", "old")
    sealed = [*await old.encode([plain(b"1")]), *await both.encode([plain(b"2")])]
    assert [one.metadata["encryption-key-id"] for one in sealed] == [b"old", b"new"]
    assert await both.decode(sealed) == [plain(b"1"), plain(b"2")]


async def test_what_was_there_before_is_read() -> None:
    assert await codec("a").decode([plain(), Payload()]) == [plain(), Payload()]


async def test_a_key_that_is_gone_is_named() -> None:
    with pytest.raises(SettingsError, match="the key 'old', which is not in the settings"):
        await codec("new").decode([codec("old").encrypt(plain())])


@pytest.mark.parametrize("name", [b"", b"\xff\n" * 100])
def test_the_id_of_a_key_may_be_anything(name: bytes) -> None:
    sealed = codec("a").encrypt(plain())
    sealed.metadata["encryption-key-id"] = name
    with pytest.raises(SettingsError, match="not in the settings") as caught:
        codec("a").decrypt(sealed)
    assert len(str(caught.value)) < 400


def without_last(data: bytes) -> bytes:
    return data[:-1]


def with_another_bit(data: bytes) -> bytes:
    return data[:20] + bytes([data[20] ^ 1]) + data[21:]


def nothing(data: bytes) -> bytes:
    return data[:0]


@pytest.mark.parametrize("change", [without_last, with_another_bit, nothing])
def test_a_payload_that_was_changed_is_refused(change: object) -> None:
    assert callable(change)
    sealed = codec("a").encrypt(plain())
    changed = Payload(metadata=sealed.metadata, data=change(sealed.data))
    with pytest.raises(InvalidInput, match="was changed, or 'a' is the id of another key"):
        codec("a").decrypt(changed)


def test_a_payload_cannot_pass_for_one_of_another_key() -> None:
    twins = [
        EncryptionKey(id=name, secret=key("a").secret)  # the same secret under two names
        for name in ("a", "b")
    ]
    sealed = codec("a").encrypt(plain())
    sealed.metadata["encryption-key-id"] = b"b"
    with pytest.raises(InvalidInput, match="was changed"):
        EncryptingCodec(twins).decrypt(sealed)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "kept in clear by Temporal"),
        (("a",), "encrypted with the key a"),
        (("b", "a"), "encrypted with the key b; a can be read"),
    ],
)
def test_checking_says_which_key_encrypts(names: tuple[str, ...], said: str) -> None:
    encryption = EncryptionSettings(keys=tuple(key(name) for name in names))
    settings = Settings(temporal=TemporalSettings(encryption=encryption))
    assert payload_need(settings).detail == said


async def test_without_keys_nothing_is_encrypted() -> None:
    converter = data_converter(EncryptionSettings())
    assert (await converter.encode(["cart"])) == (await pydantic_data_converter.encode(["cart"]))


async def test_messages_and_stack_traces_of_failures_are_encrypted() -> None:
    converter = data_converter(EncryptionSettings(keys=(key("a"),)))
    failure = Failure()
    await converter.encode_failure(ApplicationError("hunter2", "hunter3", type="Broken"), failure)
    assert b"hunter" not in failure.SerializeToString()
    found = await converter.decode_failure(failure)
    assert isinstance(found, ApplicationError)
    assert (found.message, found.details, found.type) == ("hunter2", ("hunter3",), "Broken")


@pytest.mark.parametrize("keys", [(), (key("a"),)])
async def test_failures_lose_the_secrets_that_they_quote(keys: tuple[EncryptionKey, ...]) -> None:
    quoted = "401 of https://bot:hunter2@vendor.example"
    error = ApplicationError(quoted, type="Broken")
    error.__cause__ = ValueError(quoted)
    converter, failure = data_converter(EncryptionSettings(keys=keys)), Failure()
    await converter.encode_failure(error, failure)
    await converter.encode_failure(await converter.decode_failure(failure), again := Failure())
    for kept in (failure, again):
        if keys:
            await decrypt_in_place([kept], codec("a"))
        assert b"hunter2" not in kept.SerializeToString()
        assert kept.SerializeToString().count(b"vendor.example") == 2


def sealed_tree(sealer: EncryptingCodec, texts: Sequence[bytes]) -> Failure:
    details = Payloads(payloads=[sealer.encrypt(plain(text)) for text in texts])
    inner = Failure(encoded_attributes=sealer.encrypt(plain(b"inner")))
    failure = Failure(message="Encoded failure", cause=inner)
    failure.application_failure_info.details.CopyFrom(details)
    return failure


async def test_everything_in_a_message_is_decrypted_in_place() -> None:
    tree = sealed_tree(codec("a"), [b"one", b"two"])
    await decrypt_in_place([tree], codec("a"))
    details = tree.application_failure_info.details.payloads
    assert [one.data for one in details] == [b"one", b"two"]
    assert tree.cause.encoded_attributes == plain(b"inner")


async def test_what_cannot_be_decrypted_whole_stays_as_it_is() -> None:
    tree = sealed_tree(codec("a"), [b"one"])
    tree.cause.encoded_attributes.CopyFrom(codec("b").encrypt(plain()))
    before = tree.SerializeToString(deterministic=True)
    with pytest.raises(SettingsError):
        await decrypt_in_place([tree], codec("a"))
    assert tree.SerializeToString(deterministic=True) == before
