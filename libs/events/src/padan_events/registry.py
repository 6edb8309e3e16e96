"""The register of event types: which Struct a type's data is, and on which topics it travels."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from padan_events.topics import Topic

Data = TypeVar("Data", bound=msgspec.Struct)


class EventType(msgspec.Struct, frozen=True):
    """A type of event: its CloudEvents `type`, the topics it travels on (one, but for copies of what was parked), and
    the Struct of its data."""

    name: str
    topics: tuple[Topic, ...]
    data: type[msgspec.Struct]

    @property
    def topic(self) -> Topic:
        """The topic it travels on; the first, where there are several."""
        return self.topics[0]


class UnknownEventTypeError(LookupError):
    """A type that this version of the contract does not know."""


_BY_NAME: dict[str, EventType] = {}
_BY_DATA: dict[type[msgspec.Struct], EventType] = {}
_DECODERS: dict[str, msgspec.json.Decoder[msgspec.Struct]] = {}
_ENCODER = msgspec.json.Encoder()


def event_type(name: str, *topics: Topic) -> Callable[[type[Data]], type[Data]]:
    """Declare a Struct as the data of the event type `name` on `topics`."""

    def declare(data: type[Data]) -> type[Data]:
        if name in _BY_NAME:
            raise ValueError(f"event type {name} is declared twice")
        declared = EventType(name, topics, data)
        _BY_NAME[name] = _BY_DATA[data] = declared
        return data

    return declare


def event_types() -> tuple[EventType, ...]:
    """Every event type this version produces, by name."""
    return tuple(_BY_NAME[name] for name in sorted(_BY_NAME))


def type_of(data: msgspec.Struct | type[msgspec.Struct]) -> EventType:
    """The declared type of a data Struct or of an instance of one."""
    return _BY_DATA[data if isinstance(data, type) else type(data)]


def check_known(name: str) -> None:
    """Raises `UnknownEventTypeError` for a type not declared here: a reader that passes over events it does not need
    must still not pass over one that it cannot judge."""
    if name not in _BY_NAME:
        raise UnknownEventTypeError(name)


def encode(data: msgspec.Struct) -> bytes:
    """The bytes stored and sent: JSON in the order in which the fields are declared."""
    return _ENCODER.encode(data)


def decode(name: str, value: bytes) -> msgspec.Struct:
    """The data of an event of type `name`.

    Raises `UnknownEventTypeError` for a type not declared here and `msgspec.ValidationError` or
    `msgspec.DecodeError` where the bytes do not hold that type's data. Fields not known are passed over: types
    change by addition only.
    """
    decoder = _DECODERS.get(name)
    if decoder is None:
        declared = _BY_NAME.get(name)
        if declared is None:
            raise UnknownEventTypeError(name)
        decoder = _DECODERS[name] = msgspec.json.Decoder(declared.data)
    return decoder.decode(value)
