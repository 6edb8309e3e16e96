"""Payments in the gateway: what a family was listed for and what came of it, to whoever sees the family."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
from gateway_given import ELSEWHERE, PATI, VILLAGES, household_id, person_id
from gateway_world import World, code
from padan_events import Event
from padan_events.payments import (
    Card,
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementListed,
    DisbursementResulted,
    HoldReason,
    LineFact,
    RecoveryClosed,
    RecoveryOpened,
    RecoveryOutcome,
    RecoveryReason,
    Status,
    Whose,
)
from padan_gateway.domain.access import Action, Role, may
from padan_gateway.domain.regions import Scope
from padan_gateway.signin.context import seen_by
from padan_gateway.signin.tokens import Caller

LIST = uuid5(UUID(int=9), "payment-list")
RECOVERY = uuid5(LIST, "1:paid_after_death")


def told(world: World, kind: type[LineFact], row: int = 1, *, of: UUID = LIST, **data: Any) -> Event:
    fact = kind(
        household_id=household_id(row), regency=PATI, programme="sembako", stage="2026-T1", list_id=of, line=row, **data
    )
    return world.register.told(household_id(row), lambda _: fact)


def listed(world: World, row: int = 1, *, of: UUID = LIST) -> Event:
    return told(
        world, DisbursementListed, row, of=of, period_id=UUID(int=9), recipient=person_id(row, 0), amount_idr=600_000,
        bank="bank", on=date(2026, 3, 1),
    )  # fmt: skip


def resulted(world: World, status: Status, day: int, **more: Any) -> Event:
    return told(world, DisbursementResulted, status=status, on=date(2026, 3, day), **more)


def payments(world: World, row: int = 1, **who: Any) -> Any:
    answer = world.get(f"/v1/households/{household_id(row)}/eligibility", **who)
    assert answer.status_code == 200, answer.text
    return answer.json()["payments"]


def test_a_family_s_payment_is_told_step_by_step_in_both_languages(world: World) -> None:
    world.put(world.register.propose(1))
    assert payments(world) == []
    world.put(listed(world))
    (one,) = payments(world)
    assert one == {
        "list_id": str(LIST), "line": 1, "programme": "sembako", "stage": "2026-T1", "regency": PATI,
        "recipient": str(person_id(1, 0)), "amount_idr": 600_000, "status": "listed", "since": "2026-03-01",
        "reason": None, "card": None, "held": [], "recoveries": [],
        "text_id": "2026-T1, Rp 600.000: tercantum dalam daftar bayar, 01-03-2026.",
        "text_en": "2026-T1, Rp 600,000: on the payment list, 2026-03-01.",
    }  # fmt: skip
    for day, status in enumerate((Status.ACCOUNT_FAILED, Status.ACCOUNT_CHECKED, Status.ORDERED, Status.PAID), 2):
        world.put(resulted(world, status, day, reason="account_blocked" if day == 2 else None))
        (one,) = payments(world)
        assert (one["status"], one["since"]) == (status.value, f"2026-03-0{day}")
        assert one["reason"] == ("account_blocked" if day == 2 else None), "a reason goes with its status"
    # In one batch with another list's: and of the card alone, which changes neither status nor date.
    other = uuid5(UUID(int=10), "payment-list")
    world.put(resulted(world, Status.PAID, 9, card=Card.NOT_DISTRIBUTED), listed(world, of=other))
    assert {(one["list_id"], one["status"], one["card"], one["since"]) for one in payments(world)} == {
        (str(LIST), "paid", "not_distributed", "2026-03-05"),
        (str(other), "listed", None, "2026-03-01"),
    }


def test_an_excluded_line_says_why_in_words(world: World) -> None:
    world.put(world.register.propose(1))
    world.put(listed(world), resulted(world, Status.EXCLUDED, 4, reason="occupation"))
    (one,) = payments(world)
    assert one["text_en"] == "2026-T1, Rp 600,000: not paid (the occupation of a member), 2026-03-04."
    assert one["text_id"] == "2026-T1, Rp 600.000: tidak dibayar (pekerjaan anggota keluarga), 04-03-2026."


def test_a_line_is_held_for_each_of_its_reasons_until_each_has_ended_and_the_successor_receives(world: World) -> None:
    world.put(world.register.propose(1))
    reported = told(world, DisbursementHeld, reason=HoldReason.DEATH_REPORTED, until=date(2026, 4, 1))
    died = told(world, DisbursementHeld, reason=HoldReason.CARETAKER_DIED)
    world.put(listed(world), reported, died)
    (one,) = payments(world)
    assert one["held"] == [
        {"reason": "caretaker_died", "until": None},
        {"reason": "death_reported", "until": "2026-04-01"},
    ]
    assert "Held: its caretaker died; paid once there is a new one." in one["text_en"]
    ended: dict[str, Any] = {"recipient": person_id(1, 1)}
    world.put(told(world, DisbursementHoldEnded, reason=HoldReason.CARETAKER_DIED, **ended))
    (one,) = payments(world)
    assert ([held["reason"] for held in one["held"]], one["recipient"]) == (["death_reported"], str(person_id(1, 1)))
    world.put(told(world, DisbursementHoldEnded, reason=HoldReason.DEATH_REPORTED, **ended))
    (one,) = payments(world)
    assert (one["held"], "Held" in one["text_en"]) == ([], False)
    # The bank paid what was held: there is nothing left to hold, and nobody says that a hold has ended.
    world.put(told(world, DisbursementHeld, reason=HoldReason.BY_OWNER), resulted(world, Status.ORDERED, 5))
    assert [held["reason"] for held in payments(world)[0]["held"]] == ["by_owner"]
    world.put(resulted(world, Status.PAID, 6))
    assert payments(world)[0]["held"] == []


def test_a_recovery_is_open_closed_and_open_again(world: World) -> None:
    world.put(world.register.propose(1))
    world.put(listed(world), resulted(world, Status.PAID, 5, amount_idr=600_000))
    opening: dict[str, Any] = {"recovery_id": RECOVERY, "amount_idr": 600_000, "on": date(2026, 3, 5)}
    opening |= {"reason": RecoveryReason.PAID_AFTER_DEATH, "because_of": (uuid4(),)}
    world.put(told(world, RecoveryOpened, whose=Whose.CARETAKER, **opening))
    whole = {
        "recovery_id": str(RECOVERY), "reason": "paid_after_death", "whose": "caretaker", "amount_idr": 600_000,
        "outcome": None,
    }  # fmt: skip
    assert payments(world)[0]["recoveries"] == [whole]
    closed: dict[str, Any] = {"recovery_id": RECOVERY, "outcome": RecoveryOutcome.UNFOUNDED, "amount_idr": 0}
    world.put(told(world, RecoveryClosed, **closed))
    assert payments(world)[0]["recoveries"] == [{**whole, "outcome": "unfounded"}]
    world.put(told(world, RecoveryOpened, whose=Whose.HOUSEHOLD, **opening))
    assert payments(world)[0]["recoveries"] == [{**whole, "whose": "household"}]


def test_a_whole_life_in_one_batch_comes_to_what_it_does_step_by_step(world: World) -> None:
    steps: list[tuple[type[LineFact], dict[str, Any]]] = [
        (DisbursementResulted, {"status": Status.ACCOUNT_FAILED, "on": date(2026, 3, 2), "reason": "account_blocked"}),
        (DisbursementHeld, {"reason": HoldReason.DEATH_REPORTED, "until": date(2026, 4, 1)}),
        (DisbursementResulted, {"status": Status.ACCOUNT_CHECKED, "on": date(2026, 3, 3)}),
        (DisbursementHeld, {"reason": HoldReason.BY_OWNER, "note": "address_disputed"}),
        (DisbursementHoldEnded, {"reason": HoldReason.DEATH_REPORTED, "recipient": person_id(9, 1)}),
        (DisbursementResulted, {"status": Status.ORDERED, "on": date(2026, 3, 4), "order": 1}),
        (DisbursementResulted, {"status": Status.PAID, "on": date(2026, 3, 5), "card": Card.NOT_DISTRIBUTED}),
        (DisbursementResulted, {"status": Status.PAID, "on": date(2026, 3, 9), "card": Card.DISTRIBUTED}),
    ]
    recovered: dict[str, Any] = {"amount_idr": 600_000, "on": date(2026, 3, 5), "reason": RecoveryReason.PAID_TWICE}
    events = []
    for row in (1, 2):
        world.put(world.register.propose(row))
        events += [listed(world, row), *(told(world, kind, row, **data) for kind, data in steps)]
        events.append(told(world, RecoveryOpened, row, recovery_id=uuid5(LIST, str(row)), **recovered))
    first = [event for event in events if event.key == str(household_id(1))]
    for event in first:
        world.put(event)
    world.put(*(event for event in events if event not in first), *(listed(world, row) for row in (3, 4)))
    one, other = ({**payments(world, row)[0], "line": 0, "recoveries": []} for row in (1, 2))
    assert one == other
    assert (one["status"], one["since"], one["card"], one["held"]) == ("paid", "2026-03-05", "distributed", [])
    assert len(payments(world, 2)[0]["recoveries"]) == 1


def test_payments_are_seen_by_whoever_sees_the_family_and_by_no_region_else(world: World) -> None:
    for row, village in ((1, VILLAGES[0]), (2, ELSEWHERE)):
        world.put(world.register.propose(row, village=village))
        opened = told(
            world, RecoveryOpened, row, recovery_id=uuid5(LIST, f"{row}:paid_twice"), amount_idr=1,
            reason=RecoveryReason.PAID_TWICE, on=date(2026, 3, 5),
        )  # fmt: skip
        world.put(listed(world, row), opened)
    counted = "SELECT (SELECT count(*) FROM payment_view), (SELECT count(*) FROM recovery_view)"
    for region, expected in (("ID", 2), ("33", 2), (PATI, 1), ("3319", 1), ("6471", 0), (VILLAGES[1], 0)):
        caller = Caller("tester", Role.SOCIAL_OFFICE, Scope.of(region))
        with seen_by(world.gateway.parts.reader, caller) as connection:
            assert connection.execute(counted).fetchone() == (expected, expected), region
    with psycopg.connect(world.gateway.parts.reader.url) as connection:
        assert connection.execute(counted).fetchone() == (0, 0), "who states no region sees none"
    with psycopg.connect(world.owner_url) as owner:
        assert owner.execute(counted).fetchone() == (0, 0), "nor does the tables' owner"
    for role, region in (("village_operator", VILLAGES[0]), ("programme_owner", "ID"), ("auditor", "33")):
        assert len(payments(world, role=role, region=region)) == 1, role


def test_who_may_ask_for_payments_and_who_for_findings() -> None:
    """A bank gives results and orders nothing; who orders gives no results; findings are for who audits."""
    may_do = {action: {role for role in Role if may(role, action)} for action in Action}
    assert may_do[Action.GIVE_RESULTS] == {Role.PAYING_BANK}
    assert may_do[Action.ORDER_PAYMENTS] == {Role.PROGRAMME_OWNER, Role.MINISTRY}
    assert may_do[Action.READ_FINDINGS] == {Role.AUDITOR, Role.MINISTRY, Role.DATA_PROTECTION_OFFICER}
    assert {action for action in Action if may(Role.PAYING_BANK, action)} == {
        Action.READ_PAYMENTS, Action.GIVE_RESULTS,
    }  # fmt: skip


def test_without_a_role_or_above_the_regency_nothing_is_asked_of_eligibility(world: World) -> None:
    """Eligibility is down here: whoever may not ask is told so all the same, and everybody else that it is away."""
    asked = f"/v1/payment-lists/{LIST}/lines"
    assert code(world.get(asked, role="village_operator", region=VILLAGES[0])) == (403, "role_forbidden")
    assert code(world.get(asked, role="social_office", region="331804")) == (403, "region_forbidden")
    assert code(world.get("/v1/findings", role="social_office")) == (403, "role_forbidden")
    assert code(world.get("/v1/findings", role="paying_bank", region="ID")) == (403, "role_forbidden")
    assert code(world.get(f"/v1/households/{household_id(1)}", role="paying_bank", region="ID")) == (
        403, "role_forbidden",
    )  # fmt: skip
    assert code(world.get(asked, role="paying_bank", region="ID")) == (503, "service_unavailable")
    result = {"line": 1, "status": "paid", "on": "2026-03-05"}
    headers = {**world.signer.headers("paying_bank", "ID"), "Idempotency-Key": "k"}
    path = f"/v1/payment-lists/{LIST}/results"
    for wrong in (
        {**result, "status": "ordered"},
        {**result, "line": 0},
        {**result, "amount_idr": -1},
        {**result, "reference": "x" * 65},
        {**result, "reason": "Ibu Sri"},
        {**result, "nik": "3318010101800001"},
    ):
        refused = world.client.post(path, json={"results": [wrong]}, headers=headers)
        assert code(refused) == (422, "request_invalid"), wrong
        assert "3318010101800001" not in refused.text
    assert code(world.client.post(path, json={"results": [result] * 1_001}, headers=headers))[0] == 422
