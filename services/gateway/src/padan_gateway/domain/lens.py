"""One answer seen through the access table: shows, masks or leaves out each value, and remembers what it did."""

from collections.abc import Callable, Mapping
from typing import Any

from padan_gateway.domain import masking
from padan_gateway.domain.access import UNIDENTIFYING, Field, Purpose, Role, Sight, sight

MASKS: Mapping[Field, Callable[[Any], str]] = {
    Field.NIK: masking.number,
    Field.FAMILY_CARD_NUMBER: masking.number,
    Field.NAME: masking.name,
    Field.BIRTH_DATE: masking.birth_date,
}
"""How a field is masked; one without a mask is left out where it would have to be."""


class Lens:
    """What `role`, having stated `purpose`, sees. `unmasked` is what has to be logged."""

    def __init__(self, role: Role, purpose: Purpose | None) -> None:
        self.role, self.purpose = role, purpose
        self.unmasked: set[Field] = set()
        self.masked: set[Field] = set()
        self.hidden: set[Field] = set()

    def show(self, field: Field, value: Any) -> Any:
        """The value as it may be shown, None where it may not."""
        match sight(self.role, field, self.purpose):
            case Sight.FULL:
                if value is not None and field not in UNIDENTIFYING:
                    self.unmasked.add(field)
                return value
            case Sight.MASKED:
                mask = MASKS.get(field)
                (self.hidden if mask is None else self.masked).add(field)
                return None if mask is None or value is None else mask(value)
            case _:
                self.hidden.add(field)
                return None

    def notes(self) -> dict[str, list[str]]:
        """`masked` and `hidden`: which fields of the answer are not as they stand in the register."""
        return {"masked": sorted(self.masked), "hidden": sorted(self.hidden)}
