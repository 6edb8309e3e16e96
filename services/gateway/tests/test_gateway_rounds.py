"""The monthly round and objections, as they are shown: who sees which village, and who learns who objected."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from gateway_given import ELSEWHERE, PATI, TIME, VILLAGES, household_id
from gateway_world import World, code
from padan_events import decode, encode
from padan_events.household import SplitFrom
from padan_events.objections import (
    ObjectionAppealed,
    ObjectionOutcome,
    ObjectionRaised,
    ObjectionReason,
    ObjectionResolved,
)
from padan_events.personal import Note, Objector, Statement
from padan_events.recipients import (
    Finding,
    FindingCarried,
    NotEntitledReason,
    ProgrammeProposed,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from padan_events.rounds import RoundAnswered, RoundClosed, RoundOpened, stream_of
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Determined, Reactivated

MONTH = "2026-01"
FIRST, SECOND, OTHER = VILLAGES
AHEAD = datetime.now(UTC) + timedelta(days=30)
WHO, FOR_WHOM, TEXT = "user:the-neighbour", "Ibu Tetangga", "Mereka punya dua mobil."


def told(world: World, row: int, kind: Any, **data: Any) -> None:
    subject = household_id(row)
    world.put(world.register.told(subject, lambda _: kind(household_id=subject, regency=PATI, **data)))


def recipient(world: World, row: int, village: str = FIRST) -> UUID:
    world.put(world.register.propose(row, village=village))
    told(world, row, Determined, update_month=MONTH)
    return household_id(row)


def said(world: World, village: str, kind: Any, **data: Any) -> None:
    event = world.register.told(stream_of(village), lambda _: kind(village=village, month=MONTH, **data))
    world.put(event)


@pytest.fixture
def filled(world: World) -> World:
    """Three recipients and one who is none in the first village; rounds in three villages."""
    for row in (1, 2, 3):
        recipient(world, row)
    world.put(world.register.propose(4, village=FIRST))
    said(world, FIRST, RoundOpened, due_at=AHEAD)
    said(world, SECOND, RoundOpened, due_at=TIME + timedelta(days=10))
    said(world, OTHER, RoundOpened, due_at=TIME + timedelta(days=10))
    said(world, OTHER, RoundAnswered, no_change=True)
    told(world, 1, RecipientVerified, month=MONTH, result=VerificationResult.ENTITLED, occurred_on=date(2026, 1, 10))
    told(
        world,
        2,
        RecipientVerified,
        month=MONTH,
        result=VerificationResult.NOT_ENTITLED,
        reason=NotEntitledReason.MOVED,
        photo=household_id(99),
        occurred_on=date(2026, 1, 10),
    )
    return world


def rounds(world: World, listed: str = PATI, **asked: str) -> httpx.Response:
    return world.get(f"/v1/rounds?month={MONTH}&region={listed}", **asked)


def test_the_rounds_of_a_region_tell_who_has_answered_and_who_is_late(filled: World) -> None:
    shown = rounds(filled).json()
    assert (shown["late"], shown["updated"], shown["without_round"]) == (1, False, 403)
    villages = {one["village"]["code"]: one for one in shown["villages"]}
    counts = ("recipients", "entitled", "not_entitled", "unconfirmed", "ended", "late")
    assert [villages[FIRST][name] for name in counts] == [3, 1, 1, 1, 0, False]
    assert [villages[SECOND][name] for name in counts] == [0, 0, 0, 0, 0, True]
    assert (villages[OTHER]["late"], villages[OTHER]["closed_at"]) == (False, None)
    assert villages[OTHER]["answered_at"] is not None
    assert rounds(filled, OTHER).json()["updated"]
    told(filled, 2, RecipientConfirmed, month=MONTH, ends=True)
    said(filled, FIRST, RoundClosed)
    said(filled, SECOND, RoundClosed)
    shown = rounds(filled).json()
    assert shown["late"] == 0
    first = next(one for one in shown["villages"] if one["village"]["code"] == FIRST)
    assert (first["unconfirmed"], first["ended"], first["closed_at"] is not None) == (0, 1, True)


def test_of_a_part_that_left_is_shown_what_was_found_of_the_family(filled: World) -> None:
    event = filled.register.propose(5, village=FIRST)
    proposed = decode(event.type, event.value)
    kept = SplitFrom(
        household_id=household_id(2),
        transfer_id=household_id(98),
        state=State.DETERMINED,
        finding=Finding(month=MONTH, by="user:operator", reason=NotEntitledReason.MOVED),
    )
    value = encode(msgspec.structs.replace(proposed, split_from=kept))
    filled.put(msgspec.structs.replace(event, value=value))
    counts = ("recipients", "not_entitled", "unconfirmed", "ended")
    first = next(one for one in rounds(filled).json()["villages"] if one["village"]["code"] == FIRST)
    assert [first[name] for name in counts] == [4, 2, 2, 0]
    told(filled, 5, RecipientConfirmed, month=MONTH, ends=True)
    first = next(one for one in rounds(filled).json()["villages"] if one["village"]["code"] == FIRST)
    assert [first[name] for name in counts] == [4, 2, 1, 1]


def test_of_a_family_that_took_another_in_is_shown_what_was_found_of_that_one(filled: World) -> None:
    finding = Finding(month=MONTH, by="user:operator", reason=NotEntitledReason.ABLE)

    def counted() -> list[int]:
        first = next(one for one in rounds(filled).json()["villages"] if one["village"]["code"] == FIRST)
        return [first[name] for name in ("entitled", "not_entitled", "unconfirmed", "ended")]

    assert counted() == [1, 1, 1, 0]
    told(filled, 1, FindingCarried, finding=finding, origin=household_id(9), transfer_id=household_id(98))
    assert counted() == [0, 2, 2, 0]
    told(filled, 1, RecipientConfirmed, month=MONTH, ends=True)
    assert counted() == [0, 2, 1, 1]


def test_nobody_sees_the_round_of_another_region(filled: World) -> None:
    assert code(rounds(filled, role="social_office", region=ELSEWHERE)) == (403, "region_forbidden")
    assert code(filled.get(f"/v1/rounds/{FIRST}/{MONTH}", role="village_operator", region=SECOND)) == (
        403, "region_forbidden",
    )  # fmt: skip
    assert code(filled.get(f"/v1/rounds/{FIRST}/2026-02")) == (403, "purpose_missing")
    assert code(filled.get(f"/v1/rounds/{FIRST}/2026-02", purpose="verification")) == (404, "round_not_found")
    assert code(rounds(filled, role="citizen")) == (403, "role_forbidden")


def test_the_families_to_be_answered_for_are_the_recipients_of_the_village(filled: World) -> None:
    shown = filled.get(f"/v1/rounds/{FIRST}/{MONTH}?limit=2", purpose="verification").json()
    more = filled.get(f"/v1/rounds/{FIRST}/{MONTH}?cursor={shown['next_cursor']}", purpose="verification").json()
    assert more["next_cursor"] is None
    answers = {
        one["household_id"]: one["verification"] and one["verification"]["result"]
        for one in (*shown["families"], *more["families"])
    }
    assert answers == {
        str(household_id(1)): "entitled",
        str(household_id(2)): "not_entitled",
        str(household_id(3)): None,
    }
    assert all(one["caretaker_name"].startswith("Orang") for one in shown["families"])
    assert [entry[4] for entry in filled.access_log()].count("list_households") == 2
    masked = filled.get(f"/v1/rounds/{FIRST}/{MONTH}", role="village_operator", region=FIRST).json()
    assert all("*" in one["caretaker_name"] for one in masked["families"])


def test_programmes_and_resignation_of_a_household(filled: World) -> None:
    told(filled, 1, ProgrammeProposed, programme="pkh", occurred_on=date(2026, 1, 5))
    told(filled, 1, ProgrammeProposed, programme="sembako", occurred_on=date(2026, 1, 5))
    told(filled, 1, Resigned, programmes=("pkh",))
    told(filled, 1, Resigned, programmes=("pkh",), confirmed_on=date(2026, 1, 7))
    told(filled, 1, Resigned)
    shown = filled.get(f"/v1/households/{household_id(1)}/aid").json()
    assert [(one["programme"], one["leaving"], one["left_on"]) for one in shown["programmes"]] == [
        ("*", True, None), ("pkh", False, "2026-01-07"), ("sembako", False, None),
    ]  # fmt: skip
    assert (shown["verification"]["month"], shown["verification"]["ends"]) == (MONTH, None)
    address = f"/v1/households/{household_id(2)}/aid"
    assert filled.get(address).json()["verification"]["photo"] == str(household_id(99))
    assert filled.get(address, role="programme_owner").json()["verification"]["photo"] is None
    elsewhere = filled.get(f"/v1/households/{household_id(1)}/aid", region=ELSEWHERE)
    assert code(elsewhere) == (404, "household_not_found")


def objected(world: World, row: int) -> UUID:
    subject = household_id(row)

    def made(event_id: UUID) -> ObjectionRaised:
        who = Objector(account=WHO, role="village_operator", on_behalf_of=FOR_WHOM)
        return ObjectionRaised(
            household_id=subject,
            regency=PATI,
            reason=ObjectionReason.ABLE,
            due_at=AHEAD,
            objector=world.register.seal(subject, who, event_id),
            statement=world.register.seal(subject, Statement(text=TEXT), event_id),
        )

    event = world.register.told(subject, made)
    world.put(event)
    return event.event_id


def resolved(world: World, row: int, which: UUID, outcome: ObjectionOutcome) -> None:
    subject = household_id(row)
    world.put(
        world.register.told(
            subject,
            lambda event_id: ObjectionResolved(
                household_id=subject,
                regency=PATI,
                objection_id=which,
                outcome=outcome,
                appeal_until=AHEAD,
                note=world.register.seal(subject, Note("Sudah diperiksa."), event_id),
            ),
        )
    )


def test_who_objected_is_shown_to_those_who_answer_with_a_purpose_and_logged(filled: World) -> None:
    objected(filled, 1)
    path = f"/v1/households/{household_id(1)}/objections"
    (hidden,) = filled.get(path).json()["objections"]
    assert (hidden["reason"], hidden["objector"], hidden["statement"]) == ("able", None, None)
    before = len(filled.access_log())
    (opened,) = filled.get(path, purpose="complaint").json()["objections"]
    assert opened["objector"] == {"account": WHO, "role": "village_operator", "on_behalf_of": FOR_WHOM}
    assert opened["statement"]["text"] == TEXT
    entry = filled.access_log()[before]
    assert ("read_objections" in entry, ["objection"] in entry) == (True, True)


def test_nothing_that_anybody_in_the_village_reads_names_who_objected(filled: World) -> None:
    which = objected(filled, 1)
    resolved(filled, 1, which, ObjectionOutcome.DISMISSED)
    here = household_id(1)
    for role, region in (("village_operator", FIRST), ("village_head", FIRST), ("facilitator", FIRST),
                         ("district_officer", FIRST[:6]), ("citizen", FIRST), ("programme_owner", PATI)):  # fmt: skip
        for path in (f"/v1/households/{here}/objections", f"/v1/objections?region={FIRST}"):
            assert code(filled.get(path, role=role, region=region, purpose="complaint")) == (403, "role_forbidden")
        for path in (f"/v1/households/{here}", f"/v1/households/{here}/aid", f"/v1/rounds/{FIRST}/{MONTH}"):
            text = filled.get(path, role=role, region=region, purpose="verification").text
            assert not any(word in text for word in (WHO, "neighbour", FOR_WHOM, TEXT))
    with filled.gateway.writer.transaction() as connection:
        rows = connection.execute("SELECT to_jsonb(o)::text FROM objection_view o").fetchall()
    assert rows
    for (row,) in rows:
        assert not any(word in row for word in (WHO, "neighbour", FOR_WHOM, TEXT))


def test_an_objection_waits_the_whole_time_again_once_the_household_is_back(filled: World) -> None:
    answered, waits = objected(filled, 1), objected(filled, 1)
    resolved(filled, 1, answered, ObjectionOutcome.DISMISSED)
    back = (AHEAD + timedelta(days=90)).date()
    told(filled, 1, Deactivated, reason=DeactivateReason.ABROAD, occurred_on=date(2026, 1, 12))
    told(filled, 1, Reactivated, to=State.PROPOSED, occurred_on=back)
    with filled.gateway.writer.transaction() as connection:
        due = dict(connection.execute("SELECT objection_id, due_at FROM objection_view").fetchall())
    assert due == {
        answered: None,
        waits: datetime(back.year, back.month, back.day, 17, tzinfo=UTC) + timedelta(days=14),
    }


@pytest.mark.parametrize("at_once", [True, False])
def test_an_objection_goes_where_its_family_goes(filled: World, at_once: bool) -> None:
    subject = household_id(1)
    raised = filled.register.told(
        subject,
        lambda event_id: ObjectionRaised(
            household_id=subject,
            regency=PATI,
            reason=ObjectionReason.ABLE,
            due_at=AHEAD,
            objector=filled.register.seal(subject, Objector(account=WHO, role="citizen"), event_id),
            statement=filled.register.seal(subject, Statement(text=TEXT), event_id),
        ),
    )
    moved = filled.register.accept_move(1, ELSEWHERE)

    def seen(region: str) -> tuple[int, int]:
        shown = filled.get("/v1/objections", region=region).json()
        return shown["open"], len(shown["waiting"])

    if not at_once:
        filled.put(raised)
        assert (seen(PATI), seen(ELSEWHERE[:4])) == ((1, 1), (0, 0))
    filled.put(*([raised, moved] if at_once else [moved]))
    assert (seen(PATI), seen(ELSEWHERE[:4]), seen("ID")) == ((0, 0), (1, 1), (1, 1))
    path = f"/v1/households/{subject}/objections"
    assert filled.get(path, region=ELSEWHERE[:4]).status_code == 200


def test_a_region_sees_what_waits_and_how_often_nobody_answered(filled: World) -> None:
    first, second = objected(filled, 1), objected(filled, 2)
    resolved(filled, 1, first, ObjectionOutcome.LAPSED)
    subject = household_id(1)
    filled.put(
        filled.register.told(
            subject,
            lambda event_id: ObjectionAppealed(
                household_id=subject,
                regency=PATI,
                objection_id=first,
                due_at=AHEAD + timedelta(days=1),
                appellant=filled.register.seal(subject, Objector(account=WHO, role="citizen"), event_id),
                statement=filled.register.seal(subject, Statement(text=TEXT), event_id),
            ),
        )
    )
    shown = filled.get("/v1/objections").json()
    assert [one["objection_id"] for one in shown["waiting"]] == [str(second), str(first)]
    assert [shown[name] for name in ("open", "upheld", "dismissed", "lapses", "appeals")] == [2, 0, 0, 1, 1]
    resolved(filled, 1, first, ObjectionOutcome.UPHELD)
    shown = filled.get("/v1/objections").json()
    assert [shown[name] for name in ("open", "upheld", "dismissed", "lapses", "appeals")] == [1, 1, 0, 1, 1]
    elsewhere = filled.get("/v1/objections", region=ELSEWHERE).json()
    assert (elsewhere["open"], elsewhere["lapses"], elsewhere["waiting"]) == (0, 0, [])
    (opened,) = filled.get(f"/v1/households/{subject}/objections", purpose="audit").json()["objections"]
    assert opened["appellant"]["role"] == "citizen"
    assert opened["appeal_statement"]["text"] == TEXT
    assert opened["note"] == "Sudah diperiksa."
