"""A stage of ten families that is listed, checked and ordered, with deaths and kills of eligibility between."""

import os
from pathlib import Path
from typing import Any

import pytest
from journeys import Stack
from oracle import on_kafka, wait_until
from padan_cli.payments import payments
from padan_cli.rebuild import rebuild
from padan_cli.reconcile import reconcile
from padan_events import decode
from padan_events.topics import PROGRAMME_EVENTS
from paying_given import BANK, PROGRAMME, STAGE_IDR, PaymentList, Regency, adults, today, yesterday
from typer import Typer
from typer.testing import CliRunner, Result

NAMES = ("plain", "card", "alone", "late", "widow", "barred", "twin", "twin_again", "reported", "by_hand")


class Aid:
    """Ten families on the payment list of a stage, what was given of them, and their people."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder, self.regency = stack, folder, Regency(stack)
        *own, self.successor = adults(stack, folder / "people", len(NAMES) + 1)
        self.people = dict(zip(NAMES, own, strict=True))
        # The same person as `twin`, whom nobody knew to be: they were entered without their NIK.
        self.people["twin_again"] = {name: value for name, value in self.people["twin"].items() if name != "nik"}
        child = {"name": "ANAK CONTOH", "birth_date": "2016-05-05", "sex": "f", "relationship": "child"}
        self.families = {
            name: self.regency.family(*([{**person, "relationship": "head"}, child] if name == "widow" else [person]))
            for name, person in self.people.items()
        }
        self.regency.rest()
        self.regency.offers(len(NAMES))
        self.period = self.regency.closed_stage(list(self.families.values()))
        self.list = self._made()
        self.said = [self._results(), self._results()]
        self._told_before_the_order()
        self.ordered = self._ordered()

    def _made(self) -> PaymentList:
        """The list, though its maker is killed over it."""
        body = {"period_id": self.period, "bank": BANK}

        def make() -> Any:
            return self.regency.send("/v1/payment-lists", body, key="make")

        self.regency.killed_over("payment_line", make)
        made = self.regency.done("/v1/payment-lists", body, key="make")
        assert self.regency.done("/v1/payment-lists", body, key="make")["digest"] == made["digest"]
        assert (made["complete"], made["lines"], made["amount_idr"]) == (True, len(NAMES), len(NAMES) * STAGE_IDR)
        return PaymentList(self.regency, made["list_id"])

    def _results(self) -> Result:
        """The bank's file of accounts: one fails first and is repaired, one row is of no line, one of no date."""
        rows = [f"{line['line']};account_checked;{today():%d-%m-%Y};" for line in self.list.lines()]
        rows[:1] = [f"1;account_failed;{today():%d-%m-%Y};account_blocked", *rows[:1]]
        rows += [f"{len(NAMES) + 1};account_checked;{today():%d-%m-%Y};", "1;paid;besok;"]
        file = self.folder / "accounts.csv"
        if not file.exists():  # written anew it would be said anew
            file.write_text("\n".join(["line;status;on;reason", *rows]), encoding="utf-8-sig")
        return self.run("payments", "results", self.list.id, str(file), "--subject", BANK)

    def _told_before_the_order(self) -> None:
        """The widow dies, and is known to; of somebody else an operator reports it."""
        self.regency.dies(self.people["widow"]["nik"], yesterday())
        family = self.families["reported"]
        person = self.list.of(family)["recipient"]["person_id"]
        report = {
            "command": "report_death", "household_id": family, "person_id": person, "note": "Kata tetangga.",
            "occurred_on": yesterday().isoformat(),
        }  # fmt: skip
        self.regency.village.accepted("village_operator", report)
        wait_until(lambda: self.held("widow") == ["caretaker_died"], "the widow's line is held")
        wait_until(lambda: self.held("reported") == ["death_reported"], "a reported death holds")

    def _ordered(self) -> Any:
        """The order, though whoever carries it out is killed over it."""
        self.regency.killed_over("payment_line", lambda: self.regency.send(f"{self.list.path}/order", key="order"))
        ordered = self.list.order("order")
        assert self.list.order("order") == ordered, "the same request is answered the same"
        return ordered

    def held(self, name: str) -> list[str]:
        """Why a family's line waits."""
        held = self.list.of(self.families[name])["held"]
        return [] if held is None else held["reasons"]

    def shown(self, name: str) -> Any:
        """The payment that whoever sees the family sees."""
        found = self.regency.get(f"/v1/households/{self.families[name]}/eligibility", role="social_office")
        (one,) = found["payments"]
        return one

    def recovery(self, name: str) -> Any:
        """The recovery of a family's payment."""
        found = self.regency.get("/v1/recoveries?programme=" + PROGRAMME)["recoveries"]
        of = [one for one in found if one["household_id"] == self.families[name]]
        return of[0] if of else None

    def findings(self) -> list[dict[str, Any]]:
        """All findings of the programme, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.regency.get(f"/v1/findings?programme={PROGRAMME}&limit=1&cursor={cursor}")
            found += page["findings"]
            cursor = page["next_cursor"]
        return found

    def run(self, *asked: str) -> Result:
        """A command line of `padan`: payments, reconcile or rebuild."""
        app = Typer()
        app.add_typer(payments, name="payments")
        app.command("reconcile")(reconcile)
        app.command("rebuild")(rebuild)
        with pytest.MonkeyPatch.context() as environment:
            # What opens a service's views takes over its settings: they must not stay for the tests behind.
            environment.setattr(os, "environ", os.environ.copy())
            return CliRunner().invoke(app, [*asked, "--instance", self.stack.platform.instance.folder.name])

    def on_topic(self, kind: type[Any]) -> list[Any]:
        """What programme.events.v1 holds of a type about this programme, each once."""
        told = {event.event_id: event for event in on_kafka(self.stack.platform, PROGRAMME_EVENTS.name)}
        found = [decode(event.type, event.value) for event in told.values()]
        return [one for one in found if isinstance(one, kind) and one.programme == PROGRAMME]
