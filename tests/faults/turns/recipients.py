"""Those who receive assistance are answered for and objected to, and ask to leave."""

from typing import Any

from faults.families import Family
from faults.turns.turn import CITIZEN, OFFICE, VILLAGE_HEAD, Turn, said


def _not_entitled(family: Family) -> dict[str, Any]:
    photo = family.photos["house_front"]
    return {"month": family.month(), "result": "not_entitled", "reason": "able", "photo": photo}


def _objection(family: Family, **fields: Any) -> dict[str, Any]:
    return {"objection_id": family.objection, **fields}


def _of_month(name: str) -> Any:
    return lambda family: {name: family.village, "month": family.month()}


OPEN_ROUND = Turn(
    command="open_rounds",
    role=OFFICE,
    fields=_of_month("region"),
    events=("round_opened",),
    shown={"round": "open"},
)
OPEN_AGAIN = Turn(command="open_rounds", role=OFFICE, fields=_of_month("region"), code="round_open")
NO_CHANGE = Turn(
    command="declare_no_change",
    fields=_of_month("village"),
    events=("round_answered",),
    shown={"round": "open answered"},
)
CLOSE_ROUND = Turn(
    command="close_round",
    role=VILLAGE_HEAD,
    fields=_of_month("village"),
    events=("round_closed",),
    shown={"round": "open answered closed"},
)
ANSWER = Turn(
    command="verify_recipient",
    fields=_not_entitled,
    events=("recipient_verified",),
    shown={"answer": "not_entitled"},
)
CONFIRM = Turn(
    command="confirm_recipient",
    role=OFFICE,
    fields=lambda family: {"month": family.month(), "ends": True, "note": "Benar."},
    events=("recipient_confirmed",),
    shown={"answer": "not_entitled ends"},
)
ANSWER_MANY = Turn(
    command="verify_recipients",
    fields=lambda family: {"month": family.month()},
    case=lambda family: {name: said for name, said in _not_entitled(family).items() if name != "month"},
    events=("recipient_verified",),
    shown={"answer": "not_entitled"},
)
CONFIRM_MANY = Turn(
    command="confirm_recipients",
    role=OFFICE,
    fields=lambda family: {"month": family.month(), "ends": True},
    events=("recipient_confirmed",),
    shown={"answer": "not_entitled ends"},
)

NO_RECIPIENT = Turn(
    command="raise_objection", role=CITIZEN, fields=said(reason="able", text="Mampu."), code="not_a_recipient"
)
RAISE = Turn(
    command="raise_objection",
    role=CITIZEN,
    fields=said(reason="able", text="Punya mobil."),
    events=("objection_raised",),
    shown={"objection": "waits"},
)
DISMISS = Turn(
    command="resolve_objection",
    role=OFFICE,
    fields=lambda family: _objection(family, outcome="dismissed", note="Sudah dikunjungi."),
    events=("objection_resolved",),
    shown={"objection": "dismissed"},
)
APPEAL = Turn(
    command="appeal_objection",
    role=CITIZEN,
    fields=lambda family: _objection(family, text="Tidak benar."),
    events=("objection_appealed",),
    shown={"objection": "dismissed appealed waits"},
)
UPHOLD = Turn(
    command="resolve_objection",
    role=OFFICE,
    person="second",
    fields=lambda family: _objection(family, outcome="upheld"),
    events=("objection_resolved",),
    shown={"objection": "upheld appealed"},
)

PROGRAMME = Turn(
    command="propose_programme",
    fields=said(programme="pkh"),
    events=("programme_proposed",),
    shown={"programme": "pkh"},
)
PROGRAMME_AGAIN = Turn(
    command="propose_programme", role=OFFICE, fields=said(programme="pkh"), code="programme_repeated"
)
ASK_TO_LEAVE = Turn(
    command="resign",
    role=CITIZEN,
    fields=said(programmes=["pkh"]),
    events=("resigned",),
    shown={"programme": "pkh leaving"},
)
LEAVE = Turn(
    command="resign",
    fields=said(programmes=["pkh"], confirmed_by_head=True, confirmed_on="2026-01-09"),
    events=("resigned",),
    shown={"programme": "pkh left"},
)
