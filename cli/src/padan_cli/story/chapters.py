"""The life of a family, chapter by chapter."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from padan_events.criteria import Criterion2022

from padan_cli.platform import Platform
from padan_cli.story import people
from padan_cli.story.people import AWAY, BABY, FATHER, SON, VILLAGE
from padan_cli.story.teller import Teller, person

_POOR: Final = {Criterion2022.FOOD_INSECURITY, Criterion2022.FLOOR_EARTH_OR_PLASTER, Criterion2022.POWER_450_OR_NONE}

_PROGRAMME: Final = "pkh"


def tell(teller: Teller, platform: Platform) -> None:
    """All of it. Raises `StoryError` where a step does not come out as it must."""
    people.make_known(platform)
    household = _enters(teller)
    _is_determined(teller, household)
    _is_given_a_place(teller, household)
    _grows(teller, household)
    son = _splits(teller, household)
    _moves(teller, household)
    _is_asked_about(teller, household)
    _loses_its_head(teller, platform, household)
    _ends(teller, platform, son)


def _enters(teller: Teller) -> str:
    teller.chapter("Diusulkan operator desa", "Proposed by a village operator")
    told = teller.give("village_operator", {"command": "propose_household", "household": people.family()})
    household = str(told["household_id"])
    teller.show(household, state="proposed", living=4)
    teller.refused(
        "village_operator", {"command": "propose_household", "household": people.family()}, "duplicate_in_register"
    )
    teller.chapter("Musyawarah desa", "The village deliberates")
    minutes = {"held_on": _today().isoformat(), "minutes_number": "141/07/BA/2026"}
    teller.give("village_head", {"command": "deliberate", "cases": _case(household), **minutes})
    teller.show(household, state="deliberated", living=4)
    teller.chapter("Verifikasi lapangan: foto dan titik lokasi", "Verified by a visit: photos and a map point")
    teller.visit(household, seed=1, poor=_POOR)
    teller.show(household, state="verified", living=4)
    return household


def _is_determined(teller: Teller, household: str) -> None:
    teller.chapter("Dikembalikan sekali, diperbaiki", "Returned once, and repaired")
    back = {"to": "deliberated", "reasons": ["photo_unclear"], "note": "Foto depan rumah gelap."}
    teller.give("district_officer", {"command": "return_cases", "cases": _case(household), **back})
    teller.show(household, state="returned", living=4)
    teller.visit(household, seed=2, poor=_POOR)
    teller.show(household, state="verified", living=4)
    teller.chapter("Disetujui tingkat demi tingkat, lalu ditetapkan", "Approved tier by tier, and determined")
    teller.refused("social_office", {"command": "approve", "cases": _case(household)}, "not_its_turn")
    for role in ("district_officer", "social_office", "approver"):
        teller.give(role, {"command": "approve", "cases": _case(household)})
    teller.give("ministry", {"command": "determine", "cases": _case(household)})
    teller.show(household, state="determined", living=4)


def _is_given_a_place(teller: Teller, household: str) -> None:
    teller.chapter("Peringkat kesejahteraan, kuota, tempat", "Ranked, and given a place")
    people.rank(teller.gateway("social_office"), decile=2)
    teller.set_quota(_PROGRAMME, VILLAGE[:4], 100)
    teller.place(household, _PROGRAMME, status="held", regency=VILLAGE[:4])


def _grows(teller: Teller, household: str) -> None:
    teller.chapter("Seorang bayi lahir", "A child is born")
    baby = {"name": BABY, "birth_date": _today().isoformat(), "sex": "m", "relationship": "grandchild"}
    born = {"command": "add_member", "household_id": household, "member": baby, "reason": "birth"}
    teller.give("village_operator", born)
    teller.show(household, state="determined", living=5)
    teller.chapter("Warga menyanggah; dinas sosial menjawab", "A citizen objects; the social office answers")
    said = {"reason": "able", "text": "Rumahnya bagus."}
    told = teller.give("citizen", {"command": "raise_objection", "household_id": household, **said})
    seen = teller.show(household, state="determined", living=5)
    answer = {"objection_id": _objection(told, seen), "outcome": "dismissed", "note": "Sudah dikunjungi."}
    teller.give("social_office", {"command": "resolve_objection", "household_id": household, **answer})
    teller.show(household, state="determined", living=5)


def _splits(teller: Teller, household: str) -> str:
    teller.chapter("Anak sulung memecah KK", "The eldest child becomes a household of his own")
    son = person(teller.look(household), SON)
    told = teller.give(
        "village_operator",
        {
            "command": "split_household",
            "household_id": household,
            "members": [{"person_id": son, "relationship": "head"}],
            "caretaker": son,
            "family_card_number": "3318040101200902",
        },
    )
    teller.show(household, state="determined", living=4)
    own = _founded(told, household)
    teller.show(own, state="determined", living=1)
    return own


def _moves(teller: Teller, household: str) -> None:
    teller.chapter("Pindah ke provinsi lain; hak ikut", "To another province; what they are entitled to comes along")
    to = {"village": AWAY, "address": "Jalan Contoh 99", "rt": "001", "rw": "001"}
    teller.give("village_operator", {"command": "request_relocation", "household_id": household, "to": to})
    teller.show(household, state="determined", living=4)
    teller.give("social_office", {"command": "release_relocation", "household_id": household})
    teller.give("village_operator", {"command": "accept_relocation", "household_id": household}, region=AWAY)
    teller.sees = "social_office", AWAY[:4]
    teller.show(household, state="determined", living=4)
    teller.place(household, _PROGRAMME, status="held", regency=AWAY[:4])


def _is_asked_about(teller: Teller, household: str) -> None:
    teller.chapter("Verifikasi bulanan", "The monthly round")
    month = _today().isoformat()[:7]
    teller.give("social_office", {"command": "open_rounds", "region": AWAY, "month": month}, region=AWAY[:4])
    answer = {"month": month, "result": "entitled"}
    teller.give("village_operator", {"command": "verify_recipient", "household_id": household, **answer}, region=AWAY)
    teller.give("village_head", {"command": "close_round", "village": AWAY, "month": month}, region=AWAY)
    teller.show(household, state="determined", living=4)


def _loses_its_head(teller: Teller, platform: Platform, household: str) -> None:
    teller.chapter("Kepala keluarga meninggal (kabar Dukcapil)", "The head dies, the civil registry says")
    people.die(platform, FATHER, on=_today() - timedelta(days=1))
    teller.wait(household, state="determined", living=3)


def _ends(teller: Teller, platform: Platform, own: str) -> None:
    teller.chapter("Anggota terakhir meninggal", "The last member of the son's household dies")
    teller.sees = "social_office", VILLAGE[:4]
    people.die(platform, SON, on=_today() - timedelta(days=1))
    teller.wait(own, state="deactivated", living=0)


def _case(household: str) -> list[dict[str, str]]:
    return [{"household_id": household}]


def _today() -> date:
    return datetime.now(UTC).date()


def _objection(told: dict[str, Any], seen: dict[str, Any]) -> str:
    return str(seen["objections"][0]["objection_id"]) if seen.get("objections") else str(told["events"][0]["event_id"])


def _founded(told: dict[str, Any], household: str) -> str:
    """The household that the command founded, beside the one that it named."""
    return str(next(one["household_id"] for one in told["events"] if one["household_id"] != household))
