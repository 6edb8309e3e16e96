"""What an owner may order its waiting list by: a closed list of keys. Ranks stand in the clear, so none may tell of
sex, school, health, needs or an identity: of members they count by age, or everyone."""

from enum import StrEnum

from padan_eligibility.domain.policy_conditions import Code, Part


class ByDecile(Part, frozen=True, tag="decile", tag_field="by"):
    """The welfare decile: the poorest first; who has none comes behind all others."""


class ByCount2022(Part, frozen=True, tag="poverty_2022_count", tag_field="by"):
    """How many of the nine criteria of 2022 are known to hold: most first."""


class ByCountBps(Part, frozen=True, tag="poverty_bps_count", tag_field="by"):
    """How many of the fourteen criteria of BPS are known to hold: most first."""


class ByDetermination(Part, frozen=True, tag="determined_on", tag_field="by"):
    """The date of the determination: the earliest first."""


class Size(StrEnum):
    """Which families come first."""

    LARGER = "larger"
    SMALLER = "smaller"


class BySize(Part, frozen=True, tag="household_size", tag_field="by"):
    """How many living members there are: larger families first, or smaller ones."""

    first: Size


class ByComponent(Part, frozen=True, tag="component", tag_field="by"):
    """How many members make up one of the policy's components: most first. Only a component that asks for nothing but
    age, or counts everyone."""

    code: Code


OrderBy = ByDecile | ByCount2022 | ByCountBps | ByDetermination | BySize | ByComponent


def name_of(key: OrderBy) -> str:
    """What a key is called in ranks."""
    if isinstance(key, ByComponent):
        return f"component:{key.code}"
    return str(key.__struct_config__.tag)
