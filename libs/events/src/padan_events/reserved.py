"""Type names that later commands will produce. Reserved: nobody else may use them, nothing produces them yet."""

from typing import Final

_FACTS: Final = {
    "household": ("imported region_recoded letter_issued letter_withdrawn person_erased"),
    "programme": "region_replaced",
}

RESERVED: Final = frozenset(
    f"id.padan.{aggregate}.{fact}.v1" for aggregate, facts in _FACTS.items() for fact in facts.split()
)
