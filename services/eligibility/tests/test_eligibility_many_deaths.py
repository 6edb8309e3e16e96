"""Ten thousand deaths in the middle of a disbursement stage: no dead person on the next list, and no surviving family
loses its place."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

import msgspec
from deciding_office import Office
from padan_eligibility.domain.drafts import Person
from padan_eligibility.domain.periods import Asked
from padan_eligibility.facts.handler import READER
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_events import decode
from padan_events.dying import MemberDied, ToldBy
from padan_events.periods import PeriodKind
from padan_events.personal import PersonSensitive
from padan_events.places import PlaceReleased, Promoted
from padan_events.tiers import Deactivated, DeactivateReason, Determined
from periods_given import TODDLER, Desk

REGENCY, PLACES = "3318", 5_000
EXTINCT, BEREAVED, SPARED = 2_500, 5_000, 1_500
"""Families of which both members die, of which the head dies, and of which nobody does: 10,000 deaths."""
PARENT = PersonSensitive(birth_date=date(1990, 1, 1))
MINISTRY = Person("user:minister", "ministry", "ID")
FIRST = Asked(kind=PeriodKind.DISBURSEMENT_STAGE, name="2026-T1", programme="pkh")
ON = date(2026, 3, 1)


def enters(desk: Desk, number: int) -> UUID:
    family, proposed = desk.register.propose(number, [PARENT, TODDLER], regency=REGENCY)
    ranked = desk.register.rank(family, 1 + number % 4, regency=REGENCY)
    done = desk.register.happened(Determined(household_id=family, regency=REGENCY, update_month="2026-03"))
    desk.told += [proposed, ranked, done]
    return family


def dies(desk: Desk, family: UUID, member: int) -> None:
    person = uuid5(family, f"person:{member}")
    died = MemberDied(
        household_id=family,
        regency=REGENCY,
        person_id=person,
        membership_seq=1,
        occurred_on=ON,
        source=ToldBy.CRVS_FEED,
    )
    desk.happened(died)


async def read_all(desk: Desk) -> None:
    """In batches of some thousand events, as the reader of the facts gets them."""
    while any(event.pos > desk.read_to[event.shard] for event in desk.told):
        await desk.read(most=80)


async def listed(desk: Desk, stage: Asked) -> set[UUID]:
    """Who is on the sealed list of a stage that is closed while the facts are still read."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    await asyncio.to_thread(desk.closing.open, MINISTRY, stage)
    closing = asyncio.create_task(
        asyncio.to_thread(desk.closing.close, MINISTRY, stage.id, stage.name, desk.cut, now=now)
    )
    await read_all(desk)
    await closing
    return {one.household_id for one in desk.lines(stage.id)}


async def test_nobody_dead_is_on_the_next_list_and_no_surviving_family_loses_its_place(office: Office) -> None:
    desk = Desk(office)
    families = [enters(desk, number) for number in range(EXTINCT + BEREAVED + SPARED)]
    await read_all(desk)
    asked = QuotaAsked(programme="pkh", regency=REGENCY, places=PLACES, request="first")
    await asyncio.to_thread(set_quota, desk.database, office.policies, MINISTRY, asked, READER)
    before = await listed(desk, FIRST)
    assert len(before) == PLACES

    desk.random.shuffle(families)
    extinct, bereaved = set(families[:EXTINCT]), set(families[EXTINCT : EXTINCT + BEREAVED])
    deaths = [(family, 0) for family in extinct | bereaved] + [(family, 1) for family in extinct]
    desk.random.shuffle(deaths)
    assert len(deaths) == 10_000
    alive = dict.fromkeys(extinct, 2)
    for family, member in deaths:
        dies(desk, family, member)
        if family in alive:
            alive[family] -= 1
            if not alive[family]:
                reason = DeactivateReason.LAST_MEMBER_DIED
                desk.happened(Deactivated(household_id=family, regency=REGENCY, reason=reason, occurred_on=ON))
    after = await listed(desk, msgspec.structs.replace(FIRST, name="2026-T2"))

    assert not after & extinct
    assert before - extinct <= after
    assert len(after) == PLACES, "each place that a death freed went to who waited"
    facts = [(event.event_id, decode(event.type, event.value)) for event in desk.log()]
    released = {event_id: fact for event_id, fact in facts if isinstance(fact, PlaceReleased)}
    promoted = [fact for _, fact in facts if isinstance(fact, Promoted)]
    assert {fact.household_id for fact in released.values()} == before & extinct
    assert {fact.because_of for fact in promoted} == released.keys()
    assert {fact.household_id for fact in promoted} == after - before
