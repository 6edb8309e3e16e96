"""SQL of facts and of the decisions that stand."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.personal import Circumstances, Disability, School, Sex
from padan_events.states import State
from psycopg import Connection, sql

from padan_eligibility.domain.asking import NOTHING_ASKED, Asks
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_eligibility.facts import needs, own_log
from padan_eligibility.facts.folding import Change, Member
from padan_eligibility.facts.own_log import Own


class UnknownHouseholdError(LookupError):
    """A fact of a household that was never proposed: the log before it was not read."""


_ROWS: Final = sql.SQL(
    "json_to_recordset(%(rows)s::json) AS w (household_id uuid, regency text, state text, decile smallint, "
    "caretaker uuid, circumstances jsonb, determined_on date, stands_since date, shard smallint, pos bigint, "
    "told_pos bigint)"
)
_INSERT_HOUSEHOLDS: Final = sql.SQL(
    "INSERT INTO household_fact AS f (household_id, regency, state, decile, caretaker, circumstances, "
    "determined_on, shard, pos, told_pos) SELECT household_id, regency, state, decile, caretaker, circumstances, "
    "coalesce(determined_on, stands_since), shard, pos, told_pos FROM {rows} "
    "ON CONFLICT (household_id) DO UPDATE SET regency = excluded.regency, state = excluded.state, "
    "decile = coalesce(excluded.decile, f.decile), "
    "caretaker = excluded.caretaker, circumstances = coalesce(excluded.circumstances, f.circumstances), "
    "determined_on = coalesce(excluded.determined_on, f.determined_on), "
    "shard = excluded.shard, pos = excluded.pos, told_pos = excluded.told_pos"
).format(rows=_ROWS)
_CHANGE_HOUSEHOLDS: Final = sql.SQL(
    "UPDATE household_fact f SET regency = w.regency, state = coalesce(w.state, f.state), "
    "decile = coalesce(w.decile, f.decile), caretaker = coalesce(w.caretaker, f.caretaker), "
    "circumstances = coalesce(w.circumstances, f.circumstances), "
    "determined_on = coalesce(w.determined_on, f.determined_on, w.stands_since), shard = w.shard, "
    "pos = coalesce(w.pos, f.pos), told_pos = w.told_pos FROM {rows} WHERE f.household_id = w.household_id"
).format(rows=_ROWS)


def write_households(connection: Connection[Any], changes: Collection[Change]) -> None:
    """Write the households of `changes`. Raises `UnknownHouseholdError`."""
    proposed = [change for change in changes if change.proposed]
    if proposed:
        connection.execute(_INSERT_HOUSEHOLDS, {"rows": _household_rows(proposed)})
    changed = [change for change in changes if not change.proposed]
    if changed:
        written = connection.execute(_CHANGE_HOUSEHOLDS, {"rows": _household_rows(changed)})
        if written.rowcount != len(changed):
            raise UnknownHouseholdError(f"{len(changed) - written.rowcount} of {len(changed)}")


def _household_rows(changes: Iterable[Change]) -> str:
    return _json(
        {
            "household_id": change.household_id,
            "regency": change.regency,
            "state": change.state,
            "decile": change.decile,
            "caretaker": change.caretaker,
            "circumstances": change.circumstances,
            "determined_on": change.determined_on,
            "stands_since": change.stands_since,
            "shard": change.event.shard,
            "pos": change.effective,
            "told_pos": change.event.pos,
        }
        for change in changes
    )


def lock_persons(connection: Connection[Any], changes: Iterable[Change]) -> None:
    """Lock all persons of whom these changes tell something."""
    told: set[UUID] = set()
    for change in changes:
        told.update(part.member.person_id for part in change.members)
        told.update(one.person_id for one in change.left)
        told.update(one.person_id for one in change.died)
        told.update(change.told.identities)
    connection.execute(
        "SELECT 1 FROM person_fact WHERE person_id = ANY(%b) ORDER BY person_id FOR UPDATE", [sorted(told)]
    )


def write_persons(connection: Connection[Any], members: Sequence[Member], changes: Collection[Change]) -> None:
    """Write who joined, left and died, each person where their largest `membership_seq` says; the first side of a
    transfer to be seen moves the person, of the second only what is known of them is new."""
    departures = (one for change in changes for one in change.left)
    left = {one.person_id: one for one in sorted(departures, key=lambda one: one.membership_seq)}
    told = (one for change in changes for one in change.died)
    died = {one.person_id: one for one in sorted(told, key=lambda one: one.membership_seq)}
    joined = [(one.membership_seq, one.facts.person_id) for one in members if one.joined and one.membership_seq > 1]
    came = {person_id: seq for seq, person_id in sorted(joined)}
    if left or died or came:
        # Sorted, so that two workers that meet over a transfer wait for each other and never deadlock.
        connection.execute(
            "SELECT 1 FROM person_fact WHERE person_id = ANY(%b) ORDER BY person_id FOR UPDATE",
            [sorted({*left, *died, *came})],
        )
    if came:
        # Only the living join: what is known of a death is of a household before, and does not count in this one.
        connection.execute(
            "UPDATE person_fact f SET died_on = NULL FROM unnest(%(persons)b::uuid[], %(seqs)b::integer[]) "
            "AS w (person_id, membership_seq) WHERE f.person_id = w.person_id "
            "AND f.membership_seq < w.membership_seq AND f.died_on IS NOT NULL",
            {"persons": list(came), "seqs": list(came.values())},
        )
    write_members(connection, members)
    if left:
        connection.execute(
            'UPDATE person_fact f SET household_id = w."to", membership_seq = w.membership_seq, died_on = NULL '
            'FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, "to" uuid, membership_seq integer) '
            "WHERE f.person_id = w.person_id AND f.membership_seq < w.membership_seq",
            {"rows": _json(left.values())},
        )
    if died:
        connection.execute(
            'UPDATE person_fact f SET died_on = w."on" '
            'FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, "on" date, membership_seq integer) '
            "WHERE f.person_id = w.person_id AND f.membership_seq <= w.membership_seq",
            {"rows": _json(died.values())},
        )


def write_members(connection: Connection[Any], members: Iterable[Member]) -> None:
    """Write persons whose blocks are new."""
    latest: dict[UUID, Member] = {}
    schools: dict[tuple[UUID, School], date] = {}
    for member in members:
        facts = member.facts
        held = latest.get(facts.person_id)
        if held is None or held.membership_seq <= member.membership_seq:
            latest[facts.person_id] = member
        if facts.school is not None and facts.school_until is not None:
            of = (facts.person_id, facts.school)
            schools[of] = max(facts.school_until, schools.get(of, facts.school_until))
    if not latest:
        return
    _write_members(connection, latest.values())
    if schools:
        # Of a level of school the last telling counts, wherever it stood and in whatever order it is read.
        connection.execute(
            "UPDATE person_fact f SET school_until = w.until FROM json_to_recordset(%(rows)s::json) "
            "AS w (person_id uuid, school text, until date) WHERE (f.person_id, f.school) = (w.person_id, w.school) "
            "AND f.school_until IS DISTINCT FROM greatest(f.school_until, w.until)",
            {"rows": _json({"person_id": one, "school": at, "until": day} for (one, at), day in schools.items())},
        )


def _write_members(connection: Connection[Any], members: Iterable[Member]) -> None:
    connection.execute(
        "INSERT INTO person_fact AS f (person_id, household_id, membership_seq, known, birth_date, school, "
        "school_until, pregnant, severe_disability, sex, disabilities) SELECT person_id, household_id, "
        "membership_seq, known, birth_date, school, school_until, pregnant, severe_disability, sex, disabilities "
        "FROM json_to_recordset(%(rows)s::json) AS w (person_id uuid, household_id uuid, membership_seq integer, "
        "known boolean, birth_date date, school text, school_until date, pregnant boolean, severe_disability boolean, "
        "sex text, "
        # Sorted, so that two workers that meet over a transfer wait for each other and never deadlock.
        "disabilities text[]) ORDER BY person_id "
        "ON CONFLICT (person_id) DO UPDATE SET household_id = excluded.household_id, "
        "membership_seq = excluded.membership_seq, known = excluded.known, birth_date = excluded.birth_date, "
        "school = excluded.school, school_until = CASE WHEN f.school = excluded.school THEN "
        "greatest(f.school_until, excluded.school_until) ELSE excluded.school_until END, "
        "pregnant = excluded.pregnant, "
        "severe_disability = excluded.severe_disability, "
        "sex = excluded.sex, disabilities = excluded.disabilities "
        "WHERE f.membership_seq <= excluded.membership_seq",
        {
            "rows": _json(
                {
                    "person_id": row.facts.person_id,
                    "household_id": row.household_id,
                    "membership_seq": row.membership_seq,
                    "known": row.facts.known,
                    "birth_date": row.facts.birth_date,
                    "school": row.facts.school,
                    "school_until": row.facts.school_until,
                    "pregnant": row.facts.pregnant,
                    "severe_disability": row.facts.severe_disability,
                    "sex": row.facts.sex,
                    "disabilities": row.facts.disabilities,
                }
                for row in members
            )
        },
    )


def read_facts(
    connection: Connection[Any], household_ids: Sequence[UUID], asks: Asks = NOTHING_ASKED
) -> dict[UUID, HouseholdFacts]:
    """All that is known of these households, with their members as they stand in this transaction; of places and needs
    what policies ask for."""
    of_members = needs.of_persons(connection, household_ids) if asks.needs else {}
    of_families = needs.of_households(connection, household_ids) if asks.needs else {}
    persons: dict[UUID, list[PersonFacts]] = {household_id: [] for household_id in household_ids}
    members = connection.execute(
        "SELECT household_id, person_id, known, birth_date, school, school_until, pregnant, severe_disability, sex, "
        "disabilities, cardinality(identity_conflicts) = 0 FROM person_fact "
        "WHERE household_id = ANY(%b) AND died_on IS NULL",
        [household_ids],
        binary=True,
    )
    for household_id, person_id, known, birth_date, school, until, pregnant, severe, sex, kinds, agrees in members:
        persons[household_id].append(
            PersonFacts(
                person_id=person_id,
                known=known,
                birth_date=birth_date,
                school=None if school is None else School(school),
                school_until=until,
                pregnant=pregnant,
                severe_disability=severe,
                sex=None if sex is None else Sex(sex),
                disabilities=tuple(Disability(kind) for kind in kinds),
                identity_agrees=agrees,
                needs=of_members.get(person_id, ()),
            )
        )
    rows = connection.execute(
        "SELECT household_id, regency, state, decile, circumstances, proposed_for, determined_on, aid_ended, "
        "resigned FROM household_fact WHERE household_id = ANY(%b)",
        [household_ids],
        binary=True,
    )
    of_own_log = own_log.read(connection, household_ids, asks.places)
    return {
        household_id: HouseholdFacts(
            household_id=household_id,
            regency=regency,
            state=State(state),
            decile=decile,
            persons=tuple(persons[household_id]),
            circumstances=None if circumstances is None else msgspec.convert(circumstances, Circumstances),
            proposed_for=tuple(proposed_for),
            determined_on=on,
            aid_ended=aid_ended,
            resigned=tuple(resigned),
            barred=own.barred,
            under_review=own.under_review,
            reviews=own.reviews,
            places=own.places,
            needs=of_families.get(household_id, ()),
        )
        for household_id, regency, state, decile, circumstances, proposed_for, on, aid_ended, resigned in rows
        for own in (of_own_log.get(household_id, Own()),)
    }


def _json(rows: Iterable[object]) -> str:
    # One JSON document, read by json_to_recordset: the driver's arrays of UUIDs were a third of the time of a batch.
    return msgspec.json.encode(list(rows)).decode()
