"""What would turn a decision, said in Indonesian and English."""

from typing import Final

from padan_events.criteria import MEANINGS_2022, MEANINGS_BPS, Answer, Criterion2022, CriterionBps
from padan_events.need_kinds import MEANINGS_NEEDS, NeedKind
from padan_events.personal import FactChange, SmallestChange
from padan_events.states import State

from padan_eligibility.domain.criteria import Count, Reading
from padan_eligibility.domain.policy import MembersAtLeast, Policy
from padan_eligibility.domain.policy_conditions import Text
from padan_eligibility.domain.policy_document import leaves
from padan_eligibility.domain.turning import ELSEWHERE, Changes, Fact, condition_of
from padan_eligibility.domain.words import STATES


def told(policy: Policy, changes: Changes, *, entitled: bool) -> SmallestChange | None:
    """The changes as facts and as a sentence; None where there are none. `entitled`: the family is so far."""
    if not changes:
        return None
    parts = [_part(policy, fact, value) for fact, value in changes]
    ifs = Text("; ".join(part.id for part in parts), "; ".join(part.en for part in parts))
    if entitled:
        said = Text(f"Keluarga ini tidak berhak lagi bila: {ifs.id}.", f"It would end if: {ifs.en}.")
    else:
        said = Text(f"Keluarga ini akan berhak bila: {ifs.id}.", f"The family would be entitled if: {ifs.en}.")
    return SmallestChange(
        changes=tuple(FactChange(_name(fact), _plain(value)) for fact, value in changes),
        text_id=said.id,
        text_en=said.en,
    )


def _name(fact: Fact) -> str:
    kind, which = fact
    return kind if kind == "members" or not which else f"{kind}.{which}"


def _plain(value: Reading) -> str:
    if isinstance(value, Count):
        return str(value.found)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _part(policy: Policy, fact: Fact, value: Reading) -> Text:
    kind, which = fact
    plain = _plain(value)
    said = _SAID.get(kind)
    if said is not None:
        return Text(said.id.format(plain), said.en.format(plain))
    text: Text
    match kind:
        case "state":
            name = STATES[State(plain)]
            text = Text(f"statusnya {name.id}", f"its state were {name.en}")
        case "region" if plain == ELSEWHERE:
            text = Text("tinggal di luar wilayah program", "it lived outside of the programme's region")
        case "region":
            text = Text(f"tinggal di wilayah {plain}", f"it lived in region {plain}")
        case "proposed_for" | "holds_place" | "has_need" | "register_match":
            text = _yes_or_no(kind, which, so=bool(value))
        case "members":
            name = next(
                leaf.name
                for leaf in leaves(policy.criteria)
                if isinstance(leaf, MembersAtLeast) and condition_of(leaf) == which
            )
            text = Text(f"anggota yang termasuk {name.id}: {plain}", f"members who are {name.en}: {plain}")
        case "components":
            name = policy.name
            text = Text(f"anggota yang termasuk komponen {name.id}: {plain}", f"components of {name.en} in it: {plain}")
        case _:
            meaning = (
                MEANINGS_2022[Criterion2022(which)] if kind == "poverty_2022" else MEANINGS_BPS[CriterionBps(which)]
            )
            found = Text("ya", "yes") if value is Answer.YES else Text("tidak", "no")
            text = Text(f"menurut kunjungan {found.id}: {meaning[0]}", f"a visit found {found.en}: {meaning[1]}")
    return text


def _yes_or_no(kind: str, which: str, *, so: bool) -> Text:
    match kind:
        case "proposed_for" if so:
            return Text(f"diusulkan untuk {which}", f"it were proposed for {which}")
        case "proposed_for":
            return Text(f"tidak diusulkan untuk {which}", f"it were not proposed for {which}")
        case "holds_place" if so:
            return Text(f"memegang tempat dalam program {which}", f"it held a place in {which}")
        case "holds_place":
            return Text(f"tidak memegang tempat dalam program {which}", f"it held no place in {which}")
        case "has_need":
            name = Text(*MEANINGS_NEEDS[NeedKind(which)])
            found = Text("tercatat", "were recorded") if so else Text("terpenuhi", "were met, or there were none")
            return Text(f"kebutuhan keluarga {found.id}: {name.id}", f"a need of the family {found.en}: {name.en}")
        case _:
            return _MATCHES[which, so]


_MATCHES: Final = {
    ("founded", True): Text(
        "kecocokan anggotanya dengan data lain terbukti", "a match of a member with another register were founded"
    ),
    ("founded", False): Text(
        "tidak ada kecocokan anggotanya dengan data lain yang terbukti",
        "no match of a member with another register were founded",
    ),
    ("open", True): Text(
        "kecocokan anggotanya dengan data lain sedang ditinjau",
        "a match of a member with another register were under review",
    ),
    ("open", False): Text(
        "tidak ada kecocokan anggotanya dengan data lain yang sedang ditinjau",
        "no match of a member with another register were under review",
    ),
}
_SAID: Final = {
    "decile": Text("desilnya {}", "its decile were {}"),
    "household_size": Text("anggotanya {} orang", "its members were {} in number"),
    "poverty_2022_count": Text(
        "yang terpenuhi {} dari sembilan kriteria tahun 2022", "{} of the nine criteria of 2022 held"
    ),
    "poverty_bps_count": Text(
        "yang terpenuhi {} dari empat belas kriteria BPS", "{} of the fourteen criteria of BPS held"
    ),
}
