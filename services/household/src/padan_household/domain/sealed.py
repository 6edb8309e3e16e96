"""How deciders seal: they say for whom, what and for which event; the keys are not theirs."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import msgspec

Kind = Literal["identity", "sensitive"]
Seal = Callable[[UUID, UUID, Kind, msgspec.Struct, UUID], bytes]
"""`seal(household, subject, kind, content, event)`: a block of a subject (a person or the household itself) under the
key of that kind which it has in that household, bound to the event that will carry it. Whoever joins another household
gets keys there: who may read one household reads nothing of a member's life before or after."""
