"""Facts that events tell without changing what a household is: proposals for programmes, and matches of identity."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.corrections import ConflictResolved, IdentityUnmatched
from padan_events.household import IdentityMatched
from padan_events.recipients import (
    ProgrammeProposed,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from psycopg import Connection

Telling = (
    IdentityMatched
    | IdentityUnmatched
    | ConflictResolved
    | ProgrammeProposed
    | Resigned
    | RecipientVerified
    | RecipientConfirmed
)
ALL: Final = "*"
"""In place of a programme: all that the family is not proposed for since."""


class Identity(msgspec.Struct):
    """A person's identity as a batch tells it: the fields in which the civil registry differs (None: it was not asked
    in this batch), and those settled since."""

    conflicts: set[str] | None = None
    settled: set[str] = msgspec.field(default_factory=set)


class Told(msgspec.Struct):
    """What a batch tells of one household. `left` are programmes that the family left; `left_all`: all of before.
    `resigned` are those that stay left, `back` those for which it was proposed anew; `aid_ended` None: nothing new."""

    proposed_for: set[str] = msgspec.field(default_factory=set)
    left: set[str] = msgspec.field(default_factory=set)
    left_all: bool = False
    resigned: set[str] = msgspec.field(default_factory=set)
    back: set[str] = msgspec.field(default_factory=set)
    aid_ended: bool | None = None
    identities: dict[UUID, Identity] = msgspec.field(default_factory=dict)

    def hear(self, data: Telling) -> None:
        """Take one more event into account, in the order of the log."""
        match data:
            case ProgrammeProposed():
                self.proposed_for.add(data.programme)
                self.resigned.discard(data.programme)
                self.back.add(data.programme)
                self.aid_ended = False
            case Resigned(confirmed_on=None):
                pass  # asked for, and its head may yet say no
            case Resigned(programmes=()):
                self.left_all = True
                self.resigned = {ALL}
                self.proposed_for.clear()
                self.back.clear()
            case Resigned():
                self.left |= set(data.programmes)
                self.proposed_for -= set(data.programmes)
                self.resigned |= set(data.programmes)
                self.back -= set(data.programmes)
            case RecipientVerified(result=VerificationResult.ENTITLED):
                self.aid_ended = False
            case RecipientVerified():
                pass  # it counts once it is confirmed
            case RecipientConfirmed():
                self.aid_ended = data.ends
            case IdentityMatched():
                self.identities[data.person_id] = Identity(conflicts=set())
            case IdentityUnmatched():
                self.identities[data.person_id] = Identity(conflicts=set(data.conflicts))
            case ConflictResolved():
                identity = self.identities.setdefault(data.person_id, Identity())
                identity.settled.add(data.field)
                identity.conflicts = None if identity.conflicts is None else identity.conflicts - {data.field}


def write(connection: Connection[Any], told: Mapping[UUID, Told]) -> None:
    """Write what was told, by household; its rows and those of the persons must be there."""
    programmes = [
        {
            "household_id": household_id,
            "proposed_for": sorted(one.proposed_for),
            "left": sorted(one.left),
            "left_all": one.left_all,
            "resigned": sorted(one.resigned),
            "back": sorted(one.back),
            "aid_ended": one.aid_ended,
        }
        for household_id, one in told.items()
        if one.proposed_for or one.left or one.left_all or one.aid_ended is not None
    ]
    if programmes:
        connection.execute(
            "UPDATE household_fact f SET proposed_for = ARRAY(SELECT p FROM unnest(f.proposed_for) p "
            "WHERE NOT w.left_all AND p <> ALL (w.left) UNION SELECT unnest(w.proposed_for) ORDER BY 1), "
            "resigned = ARRAY(SELECT p FROM unnest(f.resigned) p WHERE NOT w.left_all AND p <> ALL (w.back) "
            "UNION SELECT unnest(w.resigned) ORDER BY 1), aid_ended = coalesce(w.aid_ended, f.aid_ended) "
            'FROM json_to_recordset(%(rows)s::json) AS w (household_id uuid, proposed_for text[], "left" text[], '
            "left_all boolean, resigned text[], back text[], aid_ended boolean) "
            "WHERE f.household_id = w.household_id",
            {"rows": _json(programmes)},
        )
    identities = [
        {"person_id": person_id, "conflicts": _sorted(one.conflicts), "settled": sorted(one.settled)}
        for household in told.values()
        for person_id, one in household.identities.items()
    ]
    if identities:
        # Sorted as every other writer of persons, so that two workers wait for each other and never deadlock.
        connection.execute(
            "SELECT 1 FROM person_fact WHERE person_id = ANY(%b) ORDER BY person_id FOR UPDATE",
            [sorted(person_id for one in told.values() for person_id in one.identities)],
        )
        connection.execute(
            "UPDATE person_fact f SET identity_conflicts = coalesce(w.conflicts, CASE WHEN f.identity_conflicts "
            "IS NOT NULL THEN ARRAY(SELECT unnest(f.identity_conflicts) EXCEPT SELECT unnest(w.settled) ORDER BY 1) "
            "END) FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, conflicts text[], settled text[]) "
            "WHERE f.person_id = w.person_id",
            {"rows": _json(identities)},
        )


def _sorted(fields: set[str] | None) -> list[str] | None:
    return None if fields is None else sorted(fields)


def _json(rows: Iterable[object]) -> str:
    return msgspec.json.encode(list(rows)).decode()
