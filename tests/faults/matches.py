"""A list of matches with a foreign register: each entry opens one review, however often the list is sent."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from oracle import query
from padan_cli.platform import Platform
from padan_events.reviews import ForeignRegister
from padan_registry_ingest.domain.register_matches import report_id
from padan_runtime.sealing import keyed_hash
from registration_book import sheets

from faults.asking import Asking, Tries
from faults.families import key
from faults.views import Ended, rows_of

_MOST: Final = 40
_REGISTER: Final = ForeignRegister.WAGES_ABOVE_MINIMUM
_OPEN: Final = "SELECT household_id::text, outcome FROM {} WHERE match_id = %s"


class MatchList(msgspec.Struct):
    """A list: the NIKs of people whom the register holds by then, and how it was answered."""

    name: str
    niks: tuple[str, ...]
    answer: dict[str, Any] = {}
    tries: Tries = msgspec.field(default_factory=Tries)

    @property
    def ways(self) -> list[str]:
        """What it counts as."""
        return ["list of matches"]

    def send(self, asking: Asking) -> None:
        """Send it under its key until it is taken."""
        self.answer = self._ask(asking)

    def check(self, asking: Asking) -> None:
        """The key is answered the same, and each entry has one review, of the household that holds the person."""
        again = self._ask(asking)
        assert again == self.answer, f"{self.name} was answered {self.answer}, and the same key {again}"
        states = [one["state"] for one in self.answer["matches"]]
        assert states[-1] == "refused", f"{self.name}: a NIK that is none is {states[-1]}"
        assert "refused" not in states[:-1], f"{self.name}: {self.answer}"
        secret = (asking.platform.instance.secrets / "nik-hash.key").read_bytes()
        for nik in self.niks:
            nik_hash = keyed_hash(secret, nik)
            match_id = report_id(partial(keyed_hash, secret), nik_hash, _REGISTER, self.name)
            holders = query(
                asking.platform, "household",
                "SELECT household_id::text FROM person_claim WHERE nik_hash = %s", nik_hash,
            )  # fmt: skip
            for database, table in (("eligibility", "review"), ("gateway", "review_view")):
                found = query(asking.platform, database, _OPEN.format(table), match_id)
                expected = [(household, None) for (household,) in holders]
                assert found == expected, f"{self.name}: {table} holds {found}, and it is {expected}"

    def _ask(self, asking: Asking) -> dict[str, Any]:
        entry = {"register": _REGISTER, "reference": self.name, "matched_on": "2026-01-05"}
        sent = [{**entry, "nik": nik} for nik in (*self.niks, "331801")]
        headers = {
            "Authorization": f"Bearer {asking.token('agency', 'ID')}",
            "Idempotency-Key": key(self.name, "matches"),
            "Padan-Purpose": "verification",
        }
        answer = asking.ask(
            self.name, lambda http: http.post("/v1/register-matches", json={"matches": sent}, headers=headers)
        )
        told: dict[str, Any] = answer.json()
        return told


def make(platform: Platform, name: str, sent: Sequence[tuple[Path, Ended]], random: Random) -> MatchList:
    """A list of people of files that were sent and done. To be called while nothing is broken."""
    niks: list[str] = []
    for path, upload in sent:
        recipients, _ = sheets(path)
        niks += [
            recipients["NIK"][row - 1]
            for row, outcome, _, _ in rows_of(platform, upload.upload_id)
            if outcome == "accepted"
        ]
    return MatchList(name, tuple(random.sample(niks, min(len(niks), _MOST))))
