"""Who belongs to which family, who they are, and who died."""

from typing import Any, Final

import msgspec

from faults.families import PEOPLE, Family
from faults.turns.turn import FACILITATOR, OFFICE, Turn, of_other, said, their_nik, who

DIED_ON: Final = "2026-01-10"

BORN = Turn(
    command="add_member",
    fields=said(member={"name": "BAYI CONTOH", "relationship": "grandchild"}, reason="birth"),
    events=("member_added",),
    shown={"living": "4"},
)
PART = Turn(
    command="split_household",
    fields=lambda family: {
        "members": [{"person_id": family.person(2), "relationship": "head"}],
        "caretaker": family.person(2),
    },
    events=("split",),
    shown={"living": "2"},
)
MARRY = Turn(
    command="transfer_members",
    fields=lambda family: {
        "origin": of_other(family).household,
        "members": [{"person_id": of_other(family).person(2), "relationship": "child_in_law"}],
        "reason": "marriage",
    },
    events=("member_moved_in",),
    shown={"living": "4"},
    others=("member_moved_out",),
    others_shown={"living": "2"},
)
MERGE = Turn(
    command="merge_households",
    role=OFFICE,
    fields=lambda family: {"absorbed": of_other(family).household},
    events=("member_moved_in",) * len(PEOPLE),
    shown={"living": "6"},
    others=("merged", "deactivated"),
    others_shown={"living": "", "state": "deactivated", "decided on": "deactivated"},
)


def _records(family: Family) -> dict[str, Any]:
    """Who has no NIK here, and who has one in the other family."""
    other = of_other(family)
    return {"person_id": family.person(2), "duplicate_in": other.household, "duplicate": other.person(1)}


TWICE = Turn(
    command="merge_members",
    role=OFFICE,
    fields=_records,
    events=("duplicate_merged",),
    others=("duplicate_merged",),
    others_shown={"living": "2"},
)
TWO_AFTER_ALL = Turn(
    command="unmerge_members",
    role=OFFICE,
    fields=_records,
    events=("unmerged",),
    others=("unmerged",),
    others_shown={"living": "3"},
)
HEAD = Turn(command="set_head", fields=who(1), events=("head_changed",))
CARETAKER = Turn(command="set_caretaker", role=FACILITATOR, fields=who(1), events=("caretaker_changed",))
NOBODYS_HEAD = Turn(
    command="set_head", fields=lambda family: {"person_id": family.household}, code="member_unknown"
)  # fmt: skip

RECOGNIZE = Turn(
    command="correct_member",
    fields=their_nik(1, source="operator"),
    events=("details_corrected", "identity_matched"),
)
DIFFER = Turn(
    command="correct_member",
    fields=who(1, source="citizen", birth_date="1951-02-03"),
    events=("details_corrected", "identity_unmatched"),
    shown={"conflicts": "1"},
)
SETTLE = Turn(
    command="resolve_conflict",
    role=OFFICE,
    fields=who(1, field="birth_date", kept="citizen"),
    events=("conflict_resolved",),
    shown={"conflicts": ""},
)
RECHECK = Turn(command="recheck_identity", fields=who(1), events=("identity_unmatched",))
LINK = Turn(command="link_identity", fields=their_nik(2), events=("identity_linked", "identity_matched"))
LINKED = msgspec.structs.replace(LINK, events=(), code="identity_linked")
READDRESS = Turn(
    command="correct_household", fields=said(source="citizen", address="Jalan Benar 1"), events=("details_corrected",)
)

CLAIM = Turn(
    command="report_death",
    fields=who(1, occurred_on=DIED_ON, note="Kata ketua RT."),
    events=("death_claimed",),
)
UNCLAIMED = Turn(command="confirm_death", role=OFFICE, fields=who(1), code="death_not_reported")
MOURN = Turn(
    command="confirm_death", role=OFFICE, fields=who(1), events=("member_died",), shown={"living": "2"}
)  # fmt: skip
LIVES = Turn(command="refuse_death_report", role=OFFICE, fields=who(1), events=("death_claim_refused",))
_DIES = Turn(events=("member_died",), shown={"living": "2"})
BY_FEED = Turn(
    door="feed", events=("member_died", "head_changed", "caretaker_changed"), shown={"living": "2"}
)  # fmt: skip
BY_NOTICE = msgspec.structs.replace(_DIES, door="notice")
BY_FILE = msgspec.structs.replace(_DIES, door="file")
