"""What people need is recorded, referred, and met."""

from typing import Any

from faults.families import Family
from faults.turns.turn import FACILITATOR, OFFICE, Turn, who


def _of_need(family: Family, **fields: Any) -> dict[str, Any]:
    return {"need_id": family.need, "occurred_on": "2026-01-09", **fields}


NEED = Turn(
    command="record_need",
    fields=who(0, kind="neglected_elderly", occurred_on="2026-01-08", note="Tinggal sendiri."),
    events=("need_recorded",),
)
REFER = Turn(
    command="refer_need",
    role=FACILITATOR,
    fields=lambda family: _of_need(family, to="Puskesmas Contoh"),
    events=("referred",),
)
HALF_HELPED = Turn(
    command="deliver_intervention",
    role=OFFICE,
    fields=lambda family: _of_need(family, outcome="partly"),
    events=("intervention_delivered",),
)
HELPED = Turn(
    command="deliver_intervention",
    role=OFFICE,
    fields=lambda family: _of_need(family, outcome="met", note="Diantar makanan."),
    events=("intervention_delivered",),
)
NO_NEED = Turn(
    command="refer_need",
    role=OFFICE,
    fields=lambda family: _of_need(family, to="Puskesmas Contoh"),
    code="need_met",
)
