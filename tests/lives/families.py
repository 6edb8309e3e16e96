"""Commands about who belongs where, and about families that move, with people of real households in them."""

from datetime import date
from uuid import UUID

from padan_events.commands import Command
from padan_events.commands.duplicates import MergeMembers, UnmergeMembers
from padan_events.commands.families import (
    AddMember,
    Joining,
    MergeHouseholds,
    SetCaretaker,
    SetHead,
    SplitHousehold,
    TransferMembers,
)
from padan_events.commands.relocations import (
    AcceptRelocation,
    Address,
    CancelRelocation,
    ObjectRelocation,
    RefuseRelocation,
    ReleaseRelocation,
    RelocateHousehold,
    RequestRelocation,
)
from padan_events.families import AddReason, TransferReason
from padan_events.personal import Relationship, ReportedMember
from padan_events.relocations import MoveRefusal

KINDS = 14


def some_duplicate(first: UUID, second: UUID, kept: UUID, other: UUID, *, back: bool) -> Command:
    """`other` of `second` was recorded twice, or was not."""
    form = UnmergeMembers if back else MergeMembers
    return form(household_id=first, person_id=kept, duplicate_in=second, duplicate=other)


def some_command(kind: int, first: UUID, second: UUID, people: list[UUID], village: str, nik: str | None) -> Command:
    """One of `KINDS` kinds, about the household `first`; `people` are of `second`, and not empty."""
    born = ReportedMember(name="Anak", nik=nik, birth_date=date(2026, 3, 1), relationship=Relationship.CHILD)
    parting = tuple(
        Joining(one, Relationship.CHILD if index else Relationship.HEAD) for index, one in enumerate(people)
    )
    joining = tuple(Joining(one, Relationship.OTHER_FAMILY) for one in people)
    commands: tuple[Command, ...] = (
        AddMember(household_id=first, member=born, reason=AddReason.BIRTH),
        SplitHousehold(household_id=second, members=parting, caretaker=people[-1]),
        TransferMembers(household_id=first, origin=second, members=joining, reason=TransferReason.MARRIAGE),
        MergeHouseholds(household_id=first, absorbed=second),
        SetHead(household_id=second, person_id=people[0]),
        SetCaretaker(household_id=second, person_id=people[0]),
        RelocateHousehold(household_id=first, to=Address(village=village, address="Jalan Baru")),
        ObjectRelocation(household_id=first, reason=MoveRefusal.NOT_ARRIVED, note="tidak ada"),
        RequestRelocation(household_id=first, to=Address(village=village)),
        RequestRelocation(household_id=first, to=Address(village="3374012003")),
        ReleaseRelocation(household_id=first),
        AcceptRelocation(household_id=first, family_card_number="3374010101260001"),
        RefuseRelocation(household_id=first, reason=MoveRefusal.OTHER),
        CancelRelocation(household_id=first),
    )
    return commands[kind]
