"""Files of invented people, in all the ways in which they are sent, lists that are checked only, and commands."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final, Protocol

import httpx
import msgspec
from padan_cli.platform import Platform
from padan_gateway.regions import villages_of
from padan_simulators import pati

from faults import cases, corrections, lists, matches, pieces
from faults.asking import NO_AUTHORITIES, Asking, Tries
from faults.families import registered
from faults.files import MOMENTS, File, GivingUp
from faults.pieces import Cuts
from faults.views import Ended, ended

_SERIALS_EACH = 40
"""NIKs end in a serial of four digits: this leaves room for 249 rounds of a few hundred rows."""
_SERIALS_OF_NEW = 20
"""From here on, within a round's serials, those of people who stand in a corrected file only: a few rows use one."""
LARGEST_ROUND = 9_999 // _SERIALS_EACH - 1
_VILLAGES: Final = villages_of("3318")
"""Commands of a round are about a village of their own: the round of a month is opened there once."""


class Sending(Protocol):
    """Something that is sent, and looked at when everything rests."""

    tries: Tries

    @property
    def ways(self) -> list[str]:
        """What it counts as in the report."""

    def send(self, asking: Asking) -> None:
        """Send it until it is taken. Raises `RefusedError`."""

    def check(self, asking: Asking) -> None:
        """Raises `AssertionError` with what is wrong."""


class Ways(msgspec.Struct, frozen=True):
    """How a round's files are sent. `cuts`: of its registration, the base of the next one, and all else."""

    cuts: tuple[Cuts | None, Cuts | None, Cuts | None]
    giving_up: GivingUp | None
    ranking: bool
    old: bool
    correction: bool
    list_check: bool


def draw(random: Random) -> Ways:
    """The ways of one round."""

    def cuts() -> Cuts | None:
        drawn = pieces.draw(random)
        return drawn if random.random() < 0.35 else None

    giving_up = GivingUp(random.choice(MOMENTS), random.uniform(0.0, 1.5), again=random.random() < 0.5)
    return Ways(
        cuts=(cuts(), cuts(), cuts()),
        giving_up=giving_up if random.random() < 0.4 else None,
        ranking=random.random() < 0.4,
        old=random.random() < 0.3,
        correction=random.random() < 0.4,
        list_check=random.random() < 0.4,
    )


class Traffic:
    """Sends, in each round, a registration file and the base of the next one, and by chance a ranking, an old file, a
    correction, a list, a list of matches; in pieces or whole, and sometimes given up. And commands, about families of
    their own."""

    def __init__(self, platform: Platform, folder: Path, seed: int) -> None:
        self._platform, self._folder, self._seed = platform, folder, seed
        self._batches: dict[int, pati.PatiBatch] = {}
        self._old: list[tuple[pati.PatiBatch, File]] = []
        self._corrected: set[Path] = set()
        self._number = 0

    def prepare(self, number: int, random: Random) -> Sequence[Sending]:
        """What is sent in a round, the commands last, its people known to the registers; to be called while nothing is
        broken."""
        self._number = number
        batch = self._batches.pop(number, None) or self._invent(number, random.randrange(100, 401))
        following = self._batches[number + 1] = self._invent(number + 1, random.randrange(100, 401))
        ways = draw(random)
        # Apart: what lists and corrections are made of depends on what was done in time, and the rest shall not.
        of_list, of_correction = Random(random.getrandbits(64)), Random(random.getrandbits(64))
        of_cases = Random(random.getrandbits(64))
        of_registration, of_base, of_others = ways.cuts
        registration = File(batch.registration, batch.expected.valid, of_registration, giving_up=ways.giving_up)
        sendings: list[Sending] = [registration, File(following.base, following.expected.base_rows, of_base)]
        if number == 1:  # its own base was never sent
            self.send(File(batch.base, batch.expected.base_rows))
        if self._old and ways.ranking:
            sendings.append(File(self._old[-1][0].ranking, None, of_others))
        if self._old and ways.old:
            sendings.append(random.choice(self._old)[1].once_more(of_others))
        # What was given up and not sent again is sent in the next round.
        elif self._old and (last := self._old[-1][1]).giving_up is not None and not last.giving_up.again:
            sendings.append(last.once_more(of_others))
        done = self._done()
        if done and ways.list_check:
            chosen = of_list.sample(done, min(3, len(done)))
            sent = [(old.path, upload) for _, old, upload in chosen]
            sendings.append(lists.make(self._platform, sent, self._folder / f"list-{number:03d}.csv", of_list))
            sendings.append(matches.make(self._platform, f"matches-{self._seed}-{number:03d}", sent, of_list))
        to_correct = [each for each in done if each[1].path not in self._corrected]
        if to_correct and ways.correction:
            sendings.append(self._correction(*of_correction.choice(to_correct), of_others, of_correction))
        villages = _VILLAGES[number], _VILLAGES[number - 1]
        commands = cases.draw(f"cases {self._seed} {number}", number, villages, of_cases)
        self._make_known("civil-registry", registered(commands.families[1:]))
        sendings.append(commands)
        self._old.append((batch, registration))
        return sendings

    def _done(self) -> list[tuple[pati.PatiBatch, File, Ended]]:
        """The registrations of earlier rounds of which all was done, and the upload that did it."""
        found = []
        for batch, file in self._old:
            uploads = [ended(self._platform, upload_id) for upload_id in file.upload_ids]
            firsts = [u if u.repeat_of is None else ended(self._platform, u.repeat_of) for u in uploads]
            found += [(batch, file, each) for each in firsts if each.state == "done"][-1:]
        return found

    def _correction(self, batch: pati.PatiBatch, file: File, first: Ended, cuts: Cuts | None, random: Random) -> File:
        """A file is corrected once: what a second correction must come to is not as plain."""
        self._corrected.add(file.path)
        name = f"new-{self._number:03d}"
        new = self._invent(self._number, random.randrange(5, 16), name=name, serials=_SERIALS_OF_NEW)
        path = self._folder / name / "corrected.xlsx"
        correction = corrections.make(self._platform, file.path, first, batch=batch, new=new, into=path, random=random)
        valid = correction.rows.count("now_valid") + new.expected.valid
        return File(path, valid, cuts, correction=correction)

    def _invent(self, number: int, rows: int, *, name: str = "", serials: int = 0) -> pati.PatiBatch:
        batch = pati.generate(
            rows,
            folder=self._folder / (name or f"{number:03d}"),
            seed=1_000 * self._seed + number + serials * 1_000_000,
            serials_after=number * _SERIALS_EACH + serials,
        )
        for register, people in (("civil-registry", batch.civil_registry), ("barred-register", batch.barred_register)):
            self._make_known(register, (people / "people.parquet").read_bytes())
        return batch

    def _make_known(self, register: str, people: bytes) -> None:
        url = f"{self._platform.url(register)}/simulator/people"
        httpx.post(url, content=people, timeout=60, trust_env=False, verify=NO_AUTHORITIES).raise_for_status()

    def send(self, sending: Sending) -> None:
        """Send it until it is taken. Raises `RefusedError`."""
        sending.send(self._asking(sending))

    def check(self, sendings: Sequence[Sending]) -> None:
        """Look at each, when everything rests. Raises `AssertionError`."""
        for sending in sendings:
            sending.check(self._asking(sending))

    def _asking(self, sending: Sending) -> Asking:
        # One sender may have twenty files in pieces under way; where the answer was lost to a fault one stays behind.
        return Asking(self._platform, f"sender-{self._number}", sending.tries)
