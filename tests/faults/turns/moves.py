"""Whole families move."""

from typing import Final

from faults.turns.turn import OFFICE, Turn, said

AWAY: Final = "5101012001"
"""A village of another province."""

MOVE = Turn(
    command="relocate_household",
    fields=lambda family: {"to": {"village": family.near, "address": "Jalan Baru"}},
    events=("relocation_accepted",),
    shown={"village": "{near}", "move": "accepted"},
)
OBJECT = Turn(
    command="object_relocation",
    fields=said(reason="not_arrived", note="Tidak ada."),
    events=("relocation_refused",),
    shown={"village": "{village}", "move": "refused"},
)
ASK_TO_GO = Turn(
    command="request_relocation",
    fields=said(to={"village": AWAY, "address": "Jalan Jauh"}),
    events=("relocation_requested",),
    shown={"move": "requested"},
)
NOT_YET = Turn(command="accept_relocation", region=AWAY[:4], code="not_released")
LET_GO = Turn(
    command="release_relocation", role=OFFICE, events=("relocation_released",), shown={"move": "released"}
)  # fmt: skip
TAKE_IN = Turn(
    command="accept_relocation",
    region=AWAY[:4],
    events=("relocation_accepted",),
    shown={"move": "accepted", "village": AWAY},
)
KEEP_OUT = Turn(
    command="refuse_relocation",
    region=AWAY[:4],
    fields=said(reason="not_resident"),
    events=("relocation_refused",),
    shown={"move": "refused"},
)
STAY = Turn(command="cancel_relocation", events=("relocation_cancelled",), shown={"move": "cancelled"})
