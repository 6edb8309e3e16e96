"""Keys wrapped by the key-encryption key: AES-256-GCM, a random 96-bit nonce in front."""

import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from padan_runtime.sealing import KEY_BYTES, SealError

_NONCE_BYTES = 12

IDENTITY: Final = b"identity"
SENSITIVE: Final = b"sensitive"


class KeyEncryption:
    """The key-encryption key. In development a file; whatever wraps and unwraps bytes can stand in its place."""

    def __init__(self, key: bytes) -> None:
        # Built once: setting up the cipher costs as much as wrapping.
        self._cipher = AESGCM(key)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """A key as it is stored; `context` (whose it is and what for) is bound in."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises `SealError` where it was wrapped for another context or under another key-encryption key."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context)
        except InvalidTag as error:
            raise SealError("a key does not unwrap: is this the right key-encryption key?") from error


def context_of(subject_id: UUID, kind: bytes) -> bytes:
    """What a subject's key is bound to."""
    return subject_id.bytes + kind


def fresh_keys(count: int) -> list[bytes]:
    """Random keys, from one read of the system's source."""
    pool = os.urandom(KEY_BYTES * count)
    return [pool[start : start + KEY_BYTES] for start in range(0, len(pool), KEY_BYTES)]
