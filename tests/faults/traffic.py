"""Files of invented people, sent until somebody takes them, and what must become of each."""

import time
from pathlib import Path
from random import Random

import httpx
import msgspec
from journeys import Stack
from oracle import query
from padan_simulators import pati

_SERIALS_EACH = 40
"""NIKs end in a serial of four digits: this leaves room for 249 rounds of a few hundred rows."""
LARGEST_ROUND = 9_999 // _SERIALS_EACH - 1
_TAKEN_WITHIN_S = 240.0


class Sent(msgspec.Struct):
    """A file that was sent: what it must come to, and the ids under which it was taken.

    `valid` is None where it may be sent before what it builds on: it then has to end, in whatever way.
    """

    path: Path
    valid: int | None
    upload_ids: list[str] = msgspec.field(default_factory=list)
    tries: int = 0


class RefusedError(AssertionError):
    """The gateway refused a file that is in order."""


class Traffic:
    """Sends, in each round, a registration file and the base of the next one, sometimes a ranking or an old file."""

    def __init__(self, stack: Stack, folder: Path, seed: int) -> None:
        self._stack, self._folder, self._seed = stack, folder, seed
        self._batches: dict[int, pati.PatiBatch] = {}
        self._old: list[Sent] = []

    def prepare(self, number: int, random: Random) -> list[Sent]:
        """The files of a round, their people known to the registers; to be called while nothing is broken."""
        batch = self._batches.pop(number, None) or self._invent(number, random)
        following = self._batches[number + 1] = self._invent(number + 1, random)
        files = [
            Sent(batch.registration, batch.expected.valid),
            Sent(following.base, following.expected.base_rows),
        ]
        if number == 1:  # its own base was never sent
            self.send(Sent(batch.base, batch.expected.base_rows))
        if self._old and random.random() < 0.4:
            files.append(Sent(self._old[-1].path.with_name("ranking.csv"), None))
        if self._old and random.random() < 0.3:
            files.append(random.choice(self._old))
        self._old.append(files[0])
        return files

    def _invent(self, number: int, random: Random) -> pati.PatiBatch:
        batch = pati.generate(
            random.randrange(100, 401),
            folder=self._folder / f"{number:03d}",
            seed=1_000 * self._seed + number,
            serials_after=number * _SERIALS_EACH,
        )
        platform = self._stack.platform
        for register, people in (("civil-registry", batch.civil_registry), ("barred-register", batch.barred_register)):
            body = (people / "people.parquet").read_bytes()
            url = f"{platform.url(register)}/simulator/people"
            httpx.post(url, content=body, timeout=60, trust_env=False, verify=False).raise_for_status()
        return batch

    def send(self, file: Sent) -> None:
        """Send a file until it is taken, as a person does whose connection is bad: again and again.

        Raises `RefusedError` for an answer that does not say "try again".
        """
        deadline = time.monotonic() + _TAKEN_WITHIN_S
        while True:
            file.tries += 1
            try:
                with self._stack.http() as http, file.path.open("rb") as content:
                    answer = http.post(
                        "/v1/batches", files={"file": (file.path.name, content)}, data={"kind": "auto"}, timeout=25
                    )
            except httpx.TransportError as error:
                what = type(error).__name__
            else:
                if answer.is_success:
                    file.upload_ids.append(str(answer.json()["upload_id"]))
                    return
                what = f"{answer.status_code} {_code(answer)}"
                # 401: a gateway whose clock is wrong holds a token for one of the future.
                if answer.status_code < 500 and answer.status_code != httpx.codes.UNAUTHORIZED:
                    raise RefusedError(f"{file.path.name}: {what}")
            if time.monotonic() > deadline:
                raise RefusedError(f"{file.path.name}: not taken within {_TAKEN_WITHIN_S} s, at last {what}")
            time.sleep(0.5)

    def check(self, files: list[Sent]) -> None:
        """Every file sent ended, as what it had to be, once: whatever was taken besides is a repeat of it."""
        for file in files:
            assert file.upload_ids, f"{file.path.name}: never taken"
            for upload_id in file.upload_ids:
                state, accepted, of = self._end_of(upload_id)
                if of is not None:
                    assert state == "repeated", f"{file.path}: {upload_id} is a repeat and ended as {state}"
                    first = self._end_of(of)
                else:
                    first = (state, accepted, None)
                assert first[0] == "done", f"{file.path}: {upload_id} ended as {first[0]}"
                if file.valid is not None:
                    assert first[1] == file.valid, f"{file.path}: {first[1]} accepted, {file.valid} are valid"

    def _end_of(self, upload_id: str) -> tuple[str, int, str | None]:
        rows = query(
            self._stack.platform,
            "registry_ingest",
            "SELECT state, accepted, repeat_of::text FROM upload WHERE upload_id = %s",
            upload_id,
        )
        assert rows, f"{upload_id} was taken and is not known"
        state, accepted, repeat_of = rows[0]
        return str(state), int(accepted), repeat_of


def _code(answer: httpx.Response) -> str:
    """The code of a problem document. Raises `RefusedError` for an answer without one: every error has a code."""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError) as error:
        raise RefusedError(f"{answer.status_code} without a problem document: {answer.text[:100]!r}") from error
