"""Payments on the real stack: from a closed stage to the bank's results, with deaths on both sides of the money, and
eligibility killed between. What is found is derived from Kafka alone, and compared."""

import csv
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aid_paid import NAMES, Aid
from findings_read import derived
from journeys import Stack
from oracle import check_everything, on_kafka, query, wait_until
from padan_events.payments import PaymentListMade, PaymentListOrdered
from padan_gateway.eligibility.endpoints import EligibilityAnswer
from padan_gateway.payments.answers import (
    FindingsAnswer,
    LinesAnswer,
    ListPart,
    ListsAnswer,
    OrderAnswer,
    RecoveriesAnswer,
    ResultsAnswer,
)
from paying_given import BANK, STAGE, STAGE_IDR, today, yesterday


@pytest.fixture(scope="module")
def aid(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Aid:
    """A stage that is listed and ordered; each test has families of its own."""
    return Aid(stack, tmp_path_factory.mktemp("aid"))


def test_the_list_is_the_sealed_stage_and_its_digest_is_on_kafka(aid: Aid) -> None:
    lines = aid.list.lines()
    assert [line["line"] for line in lines] == list(range(1, len(NAMES) + 1))
    assert [line["household_id"] for line in lines] == sorted(aid.families.values())
    text = "".join(f"{one['line']}|{one['household_id']}|{one['regency']}|{one['amount_idr']}\n" for one in lines)
    (made,) = aid.on_topic(PaymentListMade)
    assert made.digest == sha256(text.encode()).hexdigest() == aid.regency.get(aid.list.path)["digest"]
    assert (made.lines, made.amount_idr, made.bank, made.stage) == (len(NAMES), len(NAMES) * STAGE_IDR, BANK, STAGE)


def test_only_the_bank_that_the_list_names_sees_it_and_gives_its_results(aid: Aid) -> None:
    other: dict[str, Any] = {"role": "paying_bank", "subject": "bank-lain"}
    assert aid.regency.get("/v1/payment-lists", **other)["lists"] == []
    result = {"results": [{"line": 1, "status": "account_checked", "on": today().isoformat()}]}
    refused = aid.regency.send(f"{aid.list.path}/results", result, **other)
    assert refused.json()["code"] in {"payment_list_unknown", "payment_not_bank"}
    assert all(refused.json()[text] for text in ("detail", "detail_id", "next_step", "next_step_id"))
    for path in (f"{aid.list.path}/order", "/v1/payment-lists"):
        assert aid.regency.send(path, {}, role="paying_bank", subject=BANK).json()["code"] == "role_forbidden"
    with aid.stack.http("programme_owner", "3402", subject="sari") as http:
        order = http.post(f"{aid.list.path}/order", headers={"Idempotency-Key": "x"})
        assert order.json()["code"] in {"payment_list_unknown", "payment_not_yours"}
    with aid.stack.http("social_office", "3402") as http:
        found = http.get(f"{aid.list.path}/lines")
        assert found.status_code == 404 or found.json()["lines"] == []


def test_who_receives_is_masked_until_the_bank_says_why_and_then_it_is_logged(aid: Aid, tmp_path: Path) -> None:
    logged = "SELECT count(*) FROM access_log WHERE action = 'read_payments' AND purpose = 'payment' AND subject = %s"
    household = aid.families["plain"]
    masked = aid.list.of(household)["recipient"]
    nik = aid.people["plain"]["nik"]
    assert masked["nik"] == "*" * 12 + nik[-4:]
    assert "***" in masked["name"]
    assert query(aid.stack.platform, "gateway", logged, BANK) == [(0,)]
    file = tmp_path / "ordered.csv"
    asked = ["payments", "lines", aid.list.id, "--csv", str(file), "--purpose", "payment"]
    result = aid.run(*asked, "--role", "paying_bank", "--subject", BANK)
    assert result.exit_code == 0, result.output
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    (row,) = [row for row in rows if row["household_id"] == household]
    assert (row["nik"], row["name"]) == (nik, aid.people["plain"]["name"])
    assert len(rows) == len(NAMES)
    assert query(aid.stack.platform, "gateway", logged, BANK) == [(1,)]
    owners = aid.regency.get(f"{aid.list.path}/lines", role="programme_owner", purpose="payment")
    assert all(line["recipient"]["nik"].startswith("*") for line in owners["lines"] if line["recipient"]["nik"])


def test_a_file_of_results_says_what_became_of_each_row_and_the_same_file_again_changes_nothing(aid: Aid) -> None:
    first, again = aid.said
    assert (first.exit_code, again.exit_code) == (1, 1), first.output
    counts = [[line.split()[0] for line in one.stdout.splitlines() if " / " in line][:3] for one in (first, again)]
    checked = len(NAMES) + 1  # one failed first
    assert counts == [[str(checked), "0", "2"]] * 2, first.output + again.output
    with (aid.folder / "accounts.refused.csv").open(encoding="utf-8-sig", newline="") as opened:
        refused = list(csv.DictReader(opened))
    assert {row["code"] for row in refused} == {"payment_line_unknown", "result_cell_wrong"}
    assert all(row["why_id"] and row["why_en"] and row["next_step_id"] and row["next_step_en"] for row in refused)


def test_what_is_held_is_not_ordered_and_the_successor_frees_it(aid: Aid) -> None:
    assert (aid.ordered["order"], aid.ordered["lines"], aid.ordered["held"]) == (1, len(NAMES) - 2, 2)
    widow = aid.families["widow"]
    assert aid.list.of(widow)["status"] == "account_checked"
    assert aid.shown("widow")["held"] == [{"reason": "caretaker_died", "until": None}]
    assert aid.list.pays(widow) == "payment_step_not_allowed"
    joins = {"command": "add_member", "household_id": widow, "member": aid.successor, "reason": "omitted"}
    aid.regency.village.accepted("village_operator", joins)
    aid.regency.rest()
    with aid.stack.http("social_office", "3403") as http:
        members = http.get(f"/v1/households/{widow}", headers={"Padan-Purpose": "verification"}).json()["members"]
    (successor,) = [one["person_id"] for one in members if one["nik"] == aid.successor["nik"]]
    follows = {"command": "set_caretaker", "household_id": widow, "person_id": successor}
    aid.regency.village.accepted("village_operator", follows)
    wait_until(lambda: aid.held("widow") == [], "the successor frees the line")
    assert aid.list.of(widow)["recipient"]["person_id"] == successor
    assert aid.list.of(widow)["status"] == "listed", "it is another account"
    assert aid.list.pays(widow, status="account_checked", reference="AN-2") == "taken"

    reported = aid.families["reported"]
    lives = {"command": "refuse_death_report", "household_id": reported, "note": "Orangnya datang sendiri."}
    person = aid.list.of(reported)["recipient"]["person_id"]
    aid.regency.village.accepted("social_office", {**lives, "person_id": person})
    wait_until(lambda: aid.held("reported") == [], "a report that was refused holds nothing")

    later = aid.list.order()
    assert (later["order"], later["lines"], later["held"]) == (2, 2, 0)
    assert [one.order for one in aid.on_topic(PaymentListOrdered)] == [1, 2]
    assert aid.list.pays(widow) == "taken"
    assert aid.recovery("widow") is None, "who receives it lives"
    wait_until(lambda: aid.shown("widow")["status"] == "paid", "the family sees that it was paid")
    assert aid.shown("widow")["recipient"] == successor


def test_a_result_is_taken_once_also_by_a_service_that_is_killed_over_it(aid: Aid) -> None:
    plain = aid.families["plain"]
    line = aid.list.of(plain)["line"]
    paid = {"line": line, "status": "paid", "on": today().isoformat(), "amount_idr": STAGE_IDR, "reference": "TRX/1"}

    def pay() -> Any:
        return aid.regency.send(f"{aid.list.path}/results", {"results": [paid]}, role="paying_bank", subject=BANK)

    aid.regency.killed_over("payment_line", pay)
    assert aid.list.of(plain)["status"] == "ordered"
    assert [one["answer"] for one in aid.list.told(paid)] == ["taken"]
    aid.stack.platform.kill("eligibility")
    aid.stack.platform.wait_ready("eligibility")
    assert [one["answer"] for one in aid.list.told(paid)] == ["taken_already"]
    other = {**paid, "reference": "TRX/2"}
    assert [one["code"] for one in aid.list.told(other)] == ["payment_result_differs"]
    assert [one["code"] for one in aid.list.told({**paid, "amount_idr": 1})] == ["payment_result_differs"]
    withdrawn = {"line": line, "status": "withdrawn"}
    assert [one["answer"] for one in aid.list.told(withdrawn)] == ["taken"]
    wait_until(lambda: aid.shown("plain")["status"] == "withdrawn", "the family sees it")
    assert aid.list.totals()["withdrawn"] == 1


def test_the_owner_holds_a_line_and_lets_it_go_and_what_the_bank_pays_all_the_same_is_taken(aid: Aid) -> None:
    line = aid.list.of(aid.families["by_hand"])["line"]
    path, why = f"{aid.list.path}/lines/{line}", {"reason": "address_disputed", "until": today().isoformat()}
    for who in ({"role": "paying_bank", "subject": BANK}, {"role": "ministry"}):
        assert aid.regency.send(f"{path}/hold", why, **who).json()["code"] in {"role_forbidden", "payment_not_yours"}
    past = {**why, "until": yesterday().isoformat()}
    assert aid.regency.send(f"{path}/hold", past).json()["code"] == "payment_until_past"
    for body in ({}, {"reason": "children_alone"}):
        assert aid.regency.send(f"{path}/release", body).json()["code"] == "payment_not_held"
    held = aid.regency.done(f"{path}/hold", why, key="hold")["held"]
    assert held == {"reason": "by_owner", "until": why["until"], "reasons": ["by_owner"], "note": "address_disputed"}
    assert aid.regency.done(f"{path}/hold", why, key="hold")["held"] == held
    assert aid.regency.send(f"{path}/hold", why).json()["code"] == "payment_held"
    wait_until(lambda: bool(aid.shown("by_hand")["held"]), "the family sees that it waits")
    assert aid.regency.done(f"{path}/release", key="release")["held"] is None
    assert aid.regency.done(f"{path}/hold", why)["status"] == "ordered"
    assert aid.list.pays(aid.families["by_hand"]) == "taken"
    assert aid.regency.send(f"{path}/hold", why).json()["code"] == "payment_line_over"
    wait_until(lambda: aid.shown("by_hand")["held"] == [], "what is paid waits for nothing")


def test_answers_are_what_the_openapi_document_says(aid: Aid) -> None:
    bank: dict[str, Any] = {"role": "paying_bank", "subject": BANK}
    ListsAnswer.model_validate(aid.regency.get("/v1/payment-lists", **bank))
    ListPart.model_validate(aid.regency.get(aid.list.path))
    LinesAnswer.model_validate(aid.regency.get(f"{aid.list.path}/lines", **bank))
    OrderAnswer.model_validate(aid.ordered)
    told = {"results": [{"line": line, "status": "returned", "on": today().isoformat()} for line in (1, 99)]}
    ResultsAnswer.model_validate(aid.regency.done(f"{aid.list.path}/results", told, **bank))
    RecoveriesAnswer.model_validate(aid.regency.get("/v1/recoveries?state=open"))
    FindingsAnswer.model_validate(aid.regency.get(f"/v1/findings?stage={STAGE}"))
    with aid.stack.http("auditor", "ID") as http:
        for path in ("findings", "recoveries"):
            mistyped = http.get(f"/v1/{path}", params={"programme": "nosuch"})
            assert (mistyped.status_code, mistyped.json()["code"]) == (404, "programme_unknown"), "no clean bill"
    path = f"/v1/households/{aid.families['plain']}/eligibility"
    EligibilityAnswer.model_validate(aid.regency.get(path, role="social_office"))


def test_a_death_before_the_payment_opens_a_recovery_in_whichever_order_both_became_known(aid: Aid) -> None:
    # The death is known first: the bank pays all the same, and the fact is taken.
    aid.regency.dies(aid.people["alone"]["nik"], yesterday())
    wait_until(lambda: not aid.regency.holds(aid.families["alone"]), "the last member's death frees the place")
    assert aid.list.pays(aid.families["alone"]) == "taken"
    opened = aid.recovery("alone")
    assert (opened["reason"], opened["whose"], opened["outcome"]) == ("paid_after_death", "household", None)
    # The payment is known first; and the death is taken back again.
    assert aid.list.pays(aid.families["late"]) == "taken"
    assert aid.recovery("late") is None
    aid.regency.dies(aid.people["late"]["nik"], yesterday())
    wait_until(lambda: aid.recovery("late") is not None, "the death that was told later opens it")
    assert aid.recovery("late")["outcome"] is None
    aid.regency.dies(aid.people["late"]["nik"], yesterday(), kind="death_reversed")
    wait_until(lambda: aid.recovery("late")["outcome"] == "unfounded", "taken back, there is nothing to claim")

    close = f"/v1/recoveries/{opened['recovery_id']}/close"
    wrong = aid.regency.send(close, {"outcome": "returned", "amount_idr": STAGE_IDR + 1})
    assert wrong.json()["code"] == "recovery_amount_wrong"
    returned = {"outcome": "returned", "amount_idr": STAGE_IDR}
    closed = aid.regency.done(close, returned, key="close")
    assert (closed["outcome"], closed["returned_idr"]) == ("returned", STAGE_IDR)
    assert aid.regency.done(close, returned, key="close") == closed
    assert aid.regency.send(close, {"outcome": "written_off"}).json()["code"] == "recovery_closed"
    wait_until(
        lambda: [one["outcome"] for one in aid.shown("alone")["recoveries"]] == ["returned"],
        "the family's page says it",
    )


def test_one_person_who_was_two_families_was_paid_twice(aid: Aid) -> None:
    for name in ("twin", "twin_again"):
        assert aid.list.pays(aid.families[name]) == "taken"
    assert aid.recovery("twin") is None
    assert aid.recovery("twin_again") is None
    records = {name: aid.list.of(aid.families[name])["recipient"]["person_id"] for name in ("twin", "twin_again")}
    merge = {
        "command": "merge_members", "household_id": aid.families["twin"], "person_id": records["twin"],
        "duplicate_in": aid.families["twin_again"], "duplicate": records["twin_again"],
    }  # fmt: skip
    aid.regency.village.accepted("social_office", merge)

    def found() -> list[Any]:
        return [one for one in map(aid.recovery, records) if one is not None]

    wait_until(lambda: bool(found()), "a payment too many is to come back")
    (twice,) = found()
    assert (twice["reason"], twice["amount_idr"], twice["outcome"]) == ("paid_twice", STAGE_IDR, None)


def test_who_was_barred_on_the_day_of_payment_is_no_finding_and_a_card_that_was_not_handed_over_is(aid: Aid) -> None:
    barred, card = aid.families["barred"], aid.families["card"]
    entry = {
        "nik": aid.people["barred"]["nik"], "register": "company_register", "reference": "AHU-GK-1",
        "matched_on": "2026-01-05",
    }  # fmt: skip
    told = aid.regency.done("/v1/register-matches", {"matches": [entry]}, role="agency")
    assert told["reported"] == 1, told

    def review() -> Any:
        reviews = aid.regency.get(f"/v1/households/{barred}/eligibility", role="social_office")["reviews"]
        return reviews[0] if reviews else None

    wait_until(lambda: review() is not None, "it is under review")
    founded = {"outcome": "founded", "note": "Diakui keluarga."}
    aid.regency.done(f"/v1/reviews/{review()['review_id']}/close", founded, role="social_office")
    wait_until(lambda: not aid.regency.holds(barred), "the place ended")
    aid.regency.rest()
    assert aid.list.pays(barred) == "taken"
    assert aid.list.pays(card, card="not_distributed") == "taken"
    # On the day itself it was neither barred from the beginning nor without a place. The days behind it take a clock
    # that can be moved: services/eligibility/tests/test_eligibility_findings_read.py.
    assert [one for one in aid.findings() if one["household_id"] == barred] == []
    assert {one["kind"] for one in aid.findings() if one["household_id"] == card} == {"card_not_distributed"}
    with aid.stack.http("social_office", "3403") as http:
        assert http.get("/v1/findings").json()["code"] == "role_forbidden"


def test_whoever_has_the_topics_comes_to_the_same_findings_without_asking_padan(aid: Aid) -> None:
    aid.regency.rest()
    topics = ("household.events.v1", "eligibility.events.v1")
    events = [event for topic in topics for event in on_kafka(aid.stack.platform, topic)]
    told = {(one["kind"], one["line"]): {UUID(event["event_id"]) for event in one["events"]} for one in aid.findings()}
    assert told == derived(events, UUID(aid.list.id))
    assert {kind for kind, _ in told} == {"paid_after_death", "paid_twice", "card_not_distributed"}
    heard = {str(event.event_id): event for event in events}
    for one in aid.findings():
        for proof in one["events"]:
            event = heard[proof["event_id"]]
            assert (event.topic, event.type) == (proof["topic"], proof["type"])
    check_everything(aid.stack.platform)
    aid.list.totals()


def test_a_payment_that_is_lost_from_the_view_is_named_by_reconciliation_and_back_after_a_rebuild(aid: Aid) -> None:
    aid.regency.rest()
    rows = "SELECT * FROM payment_view ORDER BY list_id, line"
    before, household = query(aid.stack.platform, "gateway", rows), aid.families["plain"]
    assert aid.run("reconcile", "gateway.views").exit_code == 0
    lost = "DELETE FROM payment_view WHERE household_id = %s RETURNING line"
    assert query(aid.stack.platform, "gateway", lost, household)
    named = aid.run("reconcile", "gateway.views")
    assert (named.exit_code, household in named.output) == (1, True), named.output
    mended = aid.run("rebuild", "gateway.views", "--verify")
    assert mended.exit_code == 0, mended.output
    assert query(aid.stack.platform, "gateway", rows) == before
    assert aid.run("reconcile", "gateway.views").exit_code == 0
