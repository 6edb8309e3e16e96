"""An invented family, as the civil registry knows it; a neighbour; and who works where."""

import io
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import polars as pl

from padan_cli.demo.journey import travel
from padan_cli.ingest import Gateway
from padan_cli.platform import Platform

VILLAGE: Final = "3318042007"
AWAY: Final = "5101012001"
"""A village of another province, to which the family moves."""
CARD: Final = "3318040101200901"
_NIK: Final = "331804{:02d}{:02d}{:02d}0901"

FATHER: Final = "PARDI CONTOH"
MOTHER: Final = "SUMI CONTOH"
SON: Final = "JOKO CONTOH"
DAUGHTER: Final = "RINI CONTOH"
BABY: Final = "BAYU CONTOH"

_BORN: Final = {
    FATHER: (date(1961, 3, 4), "m"),
    MOTHER: (date(1964, 8, 17), "f"),
    SON: (date(1990, 11, 2), "m"),
    DAUGHTER: (date(1999, 1, 23), "f"),
}
_RELATED: Final = {FATHER: "head", MOTHER: "wife", SON: "child", DAUGHTER: "child"}

WORKS_FOR: Final = {
    "village_operator": VILLAGE,
    "village_head": VILLAGE,
    "facilitator": VILLAGE,
    "citizen": VILLAGE,
    "district_officer": VILLAGE[:6],
    "social_office": VILLAGE[:4],
    "approver": VILLAGE[:4],
    "ministry": "ID",
}


def nik(name: str) -> str:
    """The NIK of a member: region, birth date (40 more for women), serial."""
    born, sex = _BORN[name]
    return _NIK.format(born.day + (40 if sex == "f" else 0), born.month, born.year % 100)


def family() -> dict[str, Any]:
    """The family as the village operator proposes it."""
    return {
        "village": VILLAGE,
        "family_card_number": CARD,
        "address": "Jalan Contoh 7",
        "rt": "003",
        "rw": "001",
        "caretaker": 1,
        "members": [
            {
                "name": name,
                "nik": nik(name),
                "birth_date": born.isoformat(),
                "sex": sex,
                "relationship": _RELATED[name],
            }
            for name, (born, sex) in _BORN.items()
        ],
    }


def make_known(platform: Platform) -> None:
    """Let the simulated civil registry know them."""
    people = pl.DataFrame(
        {
            "nik": [nik(name) for name in _BORN],
            "name": list(_BORN),
            "birth_date": [born for born, _ in _BORN.values()],
            "sex": [sex for _, sex in _BORN.values()],
            "family_card_number": [CARD] * len(_BORN),
            "mother_name": ["IBU CONTOH"] * len(_BORN),
            "status": ["active"] * len(_BORN),
        }
    )
    into = io.BytesIO()
    people.write_parquet(into)
    url = f"{platform.url('civil-registry')}/simulator/people"
    httpx.post(url, content=into.getvalue(), timeout=60, trust_env=False).raise_for_status()


def rank(gateway: Gateway, *, decile: int) -> None:
    """The ministry's ranking names the father, and with him the family. Raises `RuntimeError`."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ranking.csv"
        file.write_text(f"NIK,DESIL\n{nik(FATHER)},{decile}\n")
        done = travel(gateway, file).batch
    if done["state"] != "done" or done["valid"] != 1:
        raise RuntimeError(f"the ranking: {done['state']}, {done['valid']} valid")


def die(platform: Platform, *names: str, on: date) -> None:
    """The civil registry records deaths."""
    events = [{"kind": "death", "nik": nik(name), "on": on.isoformat()} for name in names]
    url = f"{platform.url('civil-registry')}/simulator/feed"
    httpx.post(url, json={"events": events}, timeout=60, trust_env=False).raise_for_status()
