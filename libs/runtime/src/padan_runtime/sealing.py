"""Sealed blocks: AES-256-GCM, a random 96-bit nonce in front, subject and event bound in as associated data."""

import hmac
import os
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12

Content = TypeVar("Content", bound=msgspec.Struct)


class SealError(ValueError):
    """A block does not open: another key, another subject or event, or altered bytes."""


def seal(key: bytes, content: msgspec.Struct, *, subject: UUID, event_id: UUID) -> bytes:
    """Seal a Struct for a subject, as part of one event."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(content), subject.bytes + event_id.bytes)


def open_sealed(key: bytes, sealed: bytes, kind: type[Content], *, subject: UUID, event_id: UUID) -> Content:
    """Open a block. Raises `SealError`, without a word of what is inside."""
    try:
        clear = AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], subject.bytes + event_id.bytes)
    except InvalidTag as error:
        raise SealError("the block does not open with this key, subject and event") from error
    try:
        return msgspec.json.decode(clear, type=kind)
    except msgspec.MsgspecError:
        # Its message may quote what was sealed, so it does not go on.
        raise SealError(f"what was sealed is not a {kind.__name__}") from None


def seal_bytes(key: bytes, clear: bytes, context: bytes) -> bytes:
    """Seal plain bytes; `context` is bound in."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, context)


def open_bytes(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open what `seal_bytes` sealed. Raises `SealError`."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except InvalidTag as error:
        raise SealError("the bytes do not open with this key and context") from error


def keyed_hash(key: bytes, value: str) -> bytes:
    """HMAC-SHA-256 of a NIK or family card number under the services' key: finds it without storing it."""
    return hmac.digest(key, value.encode(), sha256)
