"""Valid rows of a registration file as `HouseholdReported`, sealed under the day's intake key."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import msgspec
import polars as pl
from padan_events import encode, shard_of, type_of
from padan_events.intake import HouseholdReported, Origin
from padan_events.personal import Match, ReportedHousehold, ReportedMember
from padan_runtime.log import Entry
from padan_runtime.sealing import seal

from padan_registry_ingest.matching.repository import Answers

_TYPE = type_of(HouseholdReported)
_MEMBER = ("nik", "name", "birth_date", "sex", "relationship", "school", "pregnant", "disability", "severe")


class Sender(msgspec.Struct, frozen=True):
    """Who sent the batch, and the key its reports are sealed under."""

    batch_id: UUID
    actor: str
    key_id: str
    key: bytes


def household_id(batch_id: UUID, row: int) -> UUID:
    """The id a row's household will have: the same however often the row is reported."""
    return uuid5(batch_id, f"household:{row}")


def report_id(batch_id: UUID, row: int) -> UUID:
    """The event id of a row's report."""
    return uuid5(batch_id, f"report:{row}")


def matches_by_row(answers: Iterable[Answers]) -> dict[int, Match]:
    """What may be kept of the civil registry's answers, by row."""
    return {
        row: Match(
            request_id=each.request_id,
            matched_at=each.matched_at,
            civil_status=status or "unknown",
            agreement=agreement,
        )
        for each in answers
        for row, status, agreement in zip(each.rows, each.statuses, each.agreements, strict=True)
    }


def families_of(rows: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The members of each row's card, in the order of the rows and, in a family, of the sheet."""
    joined = members.lazy().join(rows.lazy().select("row", "card"), on="card")
    return joined.sort("row", "order").select("row", *_MEMBER).collect()


def reports(rows: pl.DataFrame, members: pl.DataFrame, matches: dict[int, Match], sender: Sender) -> list[Entry]:
    """One intake event for each of `rows` (as `check_recipients` gives them); `members` as `families_of` gives them."""
    families: dict[int, list[tuple[Any, ...]]] = {}
    family = members.filter(pl.col("row").is_between(rows["row"].min(), rows["row"].max()))
    for row, *member in family.select("row", *_MEMBER).iter_rows():
        families.setdefault(row, []).append(tuple(member))
    columns = ("row", "nik", "name", "card", "birth_date", "sex", "village", "address", "rt", "rw")
    return [
        _report(values, families.get(values[0], []), matches.get(values[0]), sender)
        for values in rows.select(columns).iter_rows()
    ]


def _report(values: tuple[Any, ...], family: list[tuple[Any, ...]], match: Match | None, sender: Sender) -> Entry:
    row, nik, name, card, birth_date, sex, village, address, rt, rw = values
    people = [
        ReportedMember(
            nik=member[0],
            name=member[1],
            birth_date=member[2],
            sex=member[3],
            relationship=member[4],
            school=member[5],
            pregnant=member[6],
            disabilities=() if member[7] is None else (member[7],),
            severe_disability=member[8],
        )
        for member in family
    ]
    caretaker = next((index for index, person in enumerate(people) if person.nik == nik), None)
    if caretaker is None:
        people.insert(0, ReportedMember(nik=nik, name=name, birth_date=birth_date, sex=sex))
        caretaker = 0
    else:
        # What was matched is the recipient's row; the sheet of members only adds to it.
        people[caretaker] = msgspec.structs.replace(people[caretaker], name=name, birth_date=birth_date, sex=sex)
    household, event = household_id(sender.batch_id, row), report_id(sender.batch_id, row)
    content = ReportedHousehold(
        village=village,
        members=tuple(people),
        caretaker=caretaker,
        family_card_number=card,
        address=address or None,
        rt=rt or None,
        rw=rw or None,
        match=match,
    )
    data = HouseholdReported(
        household_id=household,
        regency=village[:4],
        origin=Origin(sender.batch_id, row),
        key_id=sender.key_id,
        sealed=seal(sender.key, content, subject=household, event_id=event),
    )
    key = str(household)
    return Entry(
        topic=_TYPE.topic.name,
        shard=shard_of(key),
        key=key,
        event_id=event,
        type=_TYPE.name,
        value=encode(data),
        actor=sender.actor,
        correlation_id=sender.batch_id,
    )
