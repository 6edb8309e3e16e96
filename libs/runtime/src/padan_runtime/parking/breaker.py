"""The breaker: when nearly everything fails, the fault is not in the records. Pure: time is passed in."""

from collections import OrderedDict
from collections.abc import Sequence

import msgspec

MOST_PARKED = 10_000
"""Rows a reader may hold parked; beyond it somebody must look before more is set aside."""

_KEYS = 200
_SHARE = 0.9
_LEAST = 20
_WITHIN_S = 60.0


class BreakerOpenError(RuntimeError):
    """Nearly everything fails, or too much is parked already: the reader stops instead of parking more."""


class Breaker(msgspec.Struct):
    """Of the last 200 keys, which failed last, and when."""

    keys: OrderedDict[str, float | None] = msgspec.field(default_factory=OrderedDict)

    def passed(self, keys: Sequence[str]) -> None:
        """These keys were handled, in this order."""
        latest = list(dict.fromkeys(reversed(keys[-4 * _KEYS :])))[:_KEYS]
        for key in reversed(latest):
            self._note(key, None)

    def failed(self, key: str, now: float) -> bool:
        """This key failed: whether so many did lately that the reader must stop."""
        self._note(key, now)
        failures = [at for at in self.keys.values() if at is not None]
        recent = sum(now - at <= _WITHIN_S for at in failures)
        return recent >= _LEAST and len(failures) >= _SHARE * len(self.keys)

    def _note(self, key: str, failed_at: float | None) -> None:
        self.keys[key] = failed_at
        self.keys.move_to_end(key)
        if len(self.keys) > _KEYS:
            self.keys.popitem(last=False)
