import logging
from datetime import date
from uuid import UUID, uuid4

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from padan_events.personal import PersonIdentity, PersonSensitive, Sex
from padan_runtime import logs
from padan_runtime.sealing import KEY_BYTES, SealError, keyed_hash, open_bytes, open_sealed, seal, seal_bytes

KEY = bytes(range(KEY_BYTES))
PERSON, EVENT = uuid4(), uuid4()
IDENTITY = PersonIdentity(name="Sri Bukan Siapa-siapa", nik="0" * 16, birth_date=date(1980, 1, 2), sex=Sex.FEMALE)


def test_a_block_opens_for_its_subject_and_event() -> None:
    sealed = seal(KEY, IDENTITY, subject=PERSON, event_id=EVENT)
    assert open_sealed(KEY, sealed, PersonIdentity, subject=PERSON, event_id=EVENT) == IDENTITY
    assert IDENTITY.name.encode() not in sealed


@pytest.mark.parametrize(
    ("key", "subject", "event_id"), [(bytes(32), PERSON, EVENT), (KEY, uuid4(), EVENT), (KEY, PERSON, uuid4())]
)
def test_a_block_opens_with_no_other_key_subject_or_event(key: bytes, subject: UUID, event_id: UUID) -> None:
    sealed = seal(KEY, IDENTITY, subject=PERSON, event_id=EVENT)
    with pytest.raises(SealError):
        open_sealed(key, sealed, PersonIdentity, subject=subject, event_id=event_id)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_block_with_any_byte_altered_does_not_open(place: int, change: int) -> None:
    sealed = bytearray(seal(KEY, IDENTITY, subject=PERSON, event_id=EVENT))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealError):
        open_sealed(KEY, bytes(sealed), PersonIdentity, subject=PERSON, event_id=EVENT)


def test_what_does_not_fit_is_not_quoted_in_the_error() -> None:
    sealed = seal(KEY, IDENTITY, subject=PERSON, event_id=EVENT)

    class Other(msgspec.Struct):
        name: int

    with pytest.raises(SealError) as caught:
        open_sealed(KEY, sealed, Other, subject=PERSON, event_id=EVENT)
    assert "Sri" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert open_sealed(KEY, sealed, PersonSensitive, subject=PERSON, event_id=EVENT).birth_date == IDENTITY.birth_date


def test_the_same_block_sealed_twice_differs() -> None:
    assert seal(KEY, IDENTITY, subject=PERSON, event_id=EVENT) != seal(KEY, IDENTITY, subject=PERSON, event_id=EVENT)


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_bytes_come_back_and_only_in_their_context(clear: bytes, context: bytes) -> None:
    sealed = seal_bytes(KEY, clear, context)
    assert open_bytes(KEY, sealed, context) == clear
    with pytest.raises(SealError):
        open_bytes(KEY, sealed, context + b"x")


def test_a_keyed_hash_needs_the_key() -> None:
    assert keyed_hash(KEY, "0" * 16) == keyed_hash(KEY, "0" * 16) != keyed_hash(bytes(32), "0" * 16)


def test_logs_hold_neither_fields_nobody_thought_of_nor_messages_of_exceptions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("test")
    try:
        try:
            raise ValueError("Key (nik)=(3318010101800001) already exists")
        except ValueError as error:
            logs.logger().error("it failed", exc_info=error, nik="3318010101800001", topic="household.events.v1")
        logging.getLogger("library").warning("a row: %s", "3318010101800001")
        lines = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    assert "3318010101800001" not in str(lines)
    assert lines[0]["error"] == "ValueError"
    assert lines[0]["topic"] == "household.events.v1"
    assert lines[0]["where"][0].startswith("test_runtime_sealing.py:")
    assert lines[1]["reason"] == "a row: %s"
