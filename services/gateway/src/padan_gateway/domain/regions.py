"""Regions by their Kemendagri code, and the part of the country a person acts for. Pure: knows forms, not names."""

from enum import StrEnum
from functools import lru_cache

import msgspec

NATION = "ID"


class Level(StrEnum):
    """The tiers of a region code: 0, 2, 4, 6 or 10 digits."""

    NATION = "nation"
    PROVINCE = "province"
    REGENCY = "regency"
    DISTRICT = "district"
    VILLAGE = "village"


_BY_LENGTH = {2: Level.PROVINCE, 4: Level.REGENCY, 6: Level.DISTRICT, 10: Level.VILLAGE}
_LENGTHS = {level: length for length, level in _BY_LENGTH.items()}


class RegionFormError(ValueError):
    """Not the form of a region code."""


class Scope(msgspec.Struct, frozen=True):
    """A region and all below it. `code` is empty for the nation."""

    level: Level
    code: str

    @classmethod
    def of(cls, code: str) -> "Scope":
        """The scope of a code; "ID" or nothing is the nation. Raises `RegionFormError`."""
        if code in ("", NATION):
            return cls(Level.NATION, "")
        level = _BY_LENGTH.get(len(code)) if code.isascii() and code.isdigit() else None
        if level is None:
            raise RegionFormError
        return cls(level, code)

    def contains(self, other: "Scope") -> bool:
        """Whether `other` is this region or lies inside it."""
        return other.code.startswith(self.code)

    @property
    def columns(self) -> dict[str, str]:
        """By column of a view, the codes of this region and of those that hold it: none for the nation. Together they
        find the region in an index that begins with all four columns."""
        return {name: code for name, code in parts(self.code).items() if code is not None}

    @property
    def name(self) -> str:
        """The code as it is written in tokens and logs: "ID" for the nation."""
        return self.code or NATION


def parts(code: str) -> dict[str, str | None]:
    """Province, regency, district and village of a code; None below the level of the code itself."""
    return {level.value: code[:length] if len(code) >= length else None for level, length in _LENGTHS.items()}


@lru_cache(maxsize=10_000)
def region_columns(code: str) -> tuple[str | None, str | None, str | None, str | None]:
    """Province, regency, district and village of a code, as the views hold them."""
    region = parts(code)
    return region["province"], region["regency"], region["district"], region["village"]
