"""The feed of the civil registry: what happened to people, in an order that stays, in a file that outlives a crash."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from padan_simulators.civil_registry.name_rule import name_parts
from padan_simulators.civil_registry.registry import RegisteredPerson
from padan_simulators.register_server.faults import Wrong
from padan_simulators.register_server.people_folder import PeopleFolder
from padan_simulators.register_server.problems import RegisterError

Kind = Literal["death", "death_reversed", "death_corrected", "birth", "move"]
NOBODY: Final = "9999999999999999"
"""A NIK that nobody has; it is not even well-formed."""
MOST_ENTRIES: Final = 1_000
_HUGE: Final = 12 << 20


class Happening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that happens to a person. `nik` is theirs; of a birth the child's, whose name, sex, mother and family
    card stand beside it; of a move the new village and address stand beside it."""

    kind: Kind
    nik: str
    on: date
    name: str | None = None
    sex: Literal["m", "f"] | None = None
    mother_nik: str | None = None
    family_card_number: str | None = None
    region: str | None = None
    address: str | None = None


class FeedEntry(Happening, frozen=True, kw_only=True, omit_defaults=True):
    """A happening in the feed: its place there (1, 2, 3 ...), the registry's own id of it, and when it was recorded."""

    cursor: int
    id: str
    recorded_at: str


class Happenings(msgspec.Struct, frozen=True):
    """What a test or a demo makes happen."""

    events: Annotated[list[Happening], msgspec.Meta(min_length=1, max_length=MOST_ENTRIES)]


class FeedPage(msgspec.Struct, frozen=True):
    """Entries beyond a cursor, in order; `head` is the cursor of the last entry there is."""

    entries: list[FeedEntry]
    head: int


class Feed:
    """The entries, one line of JSON each in `feed.jsonl`; what they do to `people` is done again at every start."""

    def __init__(self, folder: Path, people: PeopleFolder[RegisteredPerson], clock: Callable[[], datetime]) -> None:
        self._path, self._people, self._clock = folder / "feed.jsonl", people, clock
        self.entries: list[FeedEntry] = []
        kept = self._path.read_bytes() if self._path.exists() else b""
        whole = kept[: kept.rfind(b"\n") + 1]
        if whole != kept:  # it was ended in the middle of a line: nobody has been told of that entry
            os.truncate(self._path, len(whole))
        for line in whole.splitlines():
            self._happens(msgspec.json.decode(line, type=FeedEntry))

    def add(self, events: Sequence[Happening]) -> list[FeedEntry]:
        """Let things happen: durable when this returns.

        Raises RegisterError `nik_unknown` for somebody the registry does not know, `nik_taken` for a child whose NIK
        another person has; then nothing happens.
        """
        for event in events:
            known = event.nik in self._people.entries
            if known == (event.kind == "birth"):
                raise RegisterError(422, "nik_taken" if known else "nik_unknown", f"a {event.kind} of this NIK")
        at = self._clock().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        made = [
            FeedEntry(
                **msgspec.structs.asdict(event),
                cursor=(cursor := len(self.entries) + 1 + n),
                id=f"feed-{cursor:08d}",
                recorded_at=at,
            )
            for n, event in enumerate(events)
        ]
        with self._path.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in made))
            file.flush()
            os.fsync(file.fileno())
        for entry in made:
            self._happens(entry)
        return made

    def page(self, after: int, limit: int, wrong: Sequence[Wrong] = ()) -> bytes:
        """Up to `limit` entries beyond `after`, as JSON; with what is asked for `wrong` in it."""
        if "huge" in wrong:
            return b'{"entries":[],"head":0,"padding":"' + b"x" * _HUGE + b'"}'
        if "other_form" in wrong:
            return b'{"entries":{"cursor":"one"},"head":[]}'
        start = 0 if "backwards" in wrong else max(after, 0)
        entries = self.entries[start : start + min(limit, MOST_ENTRIES)]
        if "other_date" in wrong:
            entries = [msgspec.structs.replace(e, on=date.fromordinal(e.on.toordinal() - 1)) for e in entries]
        if "unknown_nik" in wrong and entries:
            stranger = msgspec.structs.replace(entries[0], nik=NOBODY, id=f"unknown-{entries[0].cursor}")
            entries = [stranger, *entries]
        if "repeated" in wrong:
            entries = [entry for entry in entries for _ in range(2)]
        if "out_of_order" in wrong:
            entries = entries[::-1]
        return msgspec.json.encode(FeedPage(entries, len(self.entries)))

    def _happens(self, entry: FeedEntry) -> None:
        self.entries.append(entry)
        people = self._people.entries
        if entry.kind == "birth":
            people[entry.nik] = RegisteredPerson(
                name_parts(entry.name or "BAYI"), entry.on, entry.sex or "f", entry.family_card_number, None, "active"
            )
        elif entry.nik in people:
            person = people[entry.nik]
            if entry.kind in ("death", "death_corrected"):
                people[entry.nik] = person._replace(status="deceased")
            elif entry.kind == "death_reversed":
                people[entry.nik] = person._replace(status="active")
            elif entry.family_card_number is not None:
                people[entry.nik] = person._replace(family_card_number=entry.family_card_number)
