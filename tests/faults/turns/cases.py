"""A case goes from tier to tier, or leaves the way."""

from typing import Any

import msgspec

from faults.families import PEOPLE
from faults.turns.turn import APPROVER, DISTRICT, FACILITATOR, MINISTRY, OFFICE, VILLAGE_HEAD, Turn, said

PROPOSE = Turn(
    command="propose_household",
    fields=lambda family: {"household": family.document()},
    events=("proposed",),
    shown={"state": "proposed", "decided on": "proposed", "village": "{village}", "living": str(len(PEOPLE))},
)
PROPOSE_KNOWN = msgspec.structs.replace(PROPOSE, events=("proposed", "identity_matched"))


def brings(command: str, role: str, state: str, event: str, **fields: Any) -> Turn:
    shown = {"state": state, "decided on": state}
    return Turn(command=command, role=role, fields=said(**fields), events=(event,), shown=shown)


DELIBERATE = brings(
    "deliberate", VILLAGE_HEAD, "deliberated", "deliberated", held_on="2026-01-05", minutes_number="1/BA"
)
RETURN = brings("return_cases", FACILITATOR, "returned", "returned", to="proposed", reasons=["other"], note="Kurang.")
REJECT = brings("reject_cases", FACILITATOR, "rejected", "rejected", reasons=["able"])
WITHDRAW = brings("withdraw_household", OFFICE, "withdrawn", "withdrawn", reason="family_request")
DEACTIVATE = brings("deactivate_household", OFFICE, "deactivated", "deactivated", reason="abroad")
REACTIVATE = brings("reactivate_household", OFFICE, "proposed", "reactivated")
BY_DISTRICT = brings("approve", DISTRICT, "district_approved", "advanced")
BY_OFFICE = brings("approve", OFFICE, "office_approved", "advanced")
BY_REGION = brings("approve", APPROVER, "region_approved", "advanced")
DETERMINE = brings("determine", MINISTRY, "determined", "determined")
TOO_EARLY = Turn(command="approve", role=DISTRICT, code="not_its_turn")
