"""What criteria of regions, sizes, visits and members say of themselves, in Indonesian and English."""

from typing import Final

from padan_events.criteria import MEANINGS_2022, MEANINGS_BPS, Answer, Criterion2022, CriterionBps
from padan_events.need_kinds import MEANINGS_NEEDS, NeedKind
from padan_events.personal import Criterion

from padan_eligibility.domain import kleene
from padan_eligibility.domain.kleene import Truth
from padan_eligibility.domain.policy import MatchState
from padan_eligibility.domain.policy_conditions import Text
from padan_eligibility.domain.words import Judged

_LISTS: Final = {
    "2022": (Text("sembilan kriteria tahun 2022", "the nine criteria of 2022"), "poverty_2022"),
    "bps": (Text("empat belas kriteria BPS", "the fourteen criteria of BPS"), "poverty_bps"),
}
_NOT_VISITED: Final = Text("Keluarga ini belum dikunjungi.", "This family has not been visited yet.")


def region(regency: str, regions: tuple[str, ...]) -> Judged:
    """The household's regency or city against the regions of a programme."""
    inside = regency.startswith(regions)
    listed = ", ".join(regions)
    text = Text(
        f"Keluarga ini tinggal di wilayah {regency}. Program ini untuk wilayah {listed}.",
        f"This family lives in region {regency}. The programme is for {listed}.",
    )
    where = Text("di dalam wilayah program", "inside the programme's region") if inside else None
    brief = where or Text("di luar wilayah program", "outside of the programme's region")
    return _judged("region", (regency, "one of: " + listed), inside, text, brief)


def size(found: int, bound: int, *, most: bool) -> Judged:
    """The number of living members against a bound."""
    fits = found <= bound if most else found >= bound
    asked = Text("paling banyak", "at most") if most else Text("paling sedikit", "at least")
    counted = Text(f"{found} anggota", f"{found} member{'' if found == 1 else 's'}")
    text = Text(
        f"Keluarga ini mempunyai {counted.id}. Syaratnya {asked.id} {bound}.",
        f"This family has {counted.en}. Asked for: {asked.en} {bound}.",
    )
    brief = Text(f"{counted.id} (syarat: {asked.id} {bound})", f"{counted.en} (asked: {asked.en} {bound})")
    return _judged("household_size", (str(found), f"{asked.en} {bound}"), fits, text, brief)


def poverty(code: Criterion2022 | CriterionBps, answer: Answer | None) -> Judged:
    """One criterion of poverty, as a visit found it."""
    meaning_id, meaning_en = MEANINGS_2022[code] if isinstance(code, Criterion2022) else MEANINGS_BPS[code]
    holds: Truth = None if answer in {None, Answer.UNKNOWN} else answer is Answer.YES
    if answer is None:
        said = _NOT_VISITED
    elif holds is None:
        said = Text("Kunjungan tidak dapat memastikannya.", "The visit could not find it out.")
    elif holds:
        said = Text("Menurut kunjungan: ya.", "By the visit: yes.")
    else:
        said = Text("Menurut kunjungan: tidak.", "By the visit: no.")
    text = Text(f"{meaning_id}? {said.id}", f"{meaning_en}? {said.en}")
    name = "poverty_2022" if isinstance(code, Criterion2022) else "poverty_bps"
    fact = None if holds is None else str(answer)
    brief = Text(_inside_a_sentence(meaning_id), _inside_a_sentence(meaning_en))
    return _judged(f"{name}.{code}", (fact, "yes"), holds, text, brief)


def poverty_count(listed: str, counted: tuple[int, int] | None, bound: int) -> Judged:
    """How many criteria of a list hold, against a bound. `counted` is how many hold and how many are not known."""
    name, code = _LISTS[listed]
    if counted is None:
        text = Text(
            f"{_NOT_VISITED.id} Syaratnya {bound} dari {name.id}.",
            f"{_NOT_VISITED.en} Asked for are {bound} of {name.en}.",
        )
        brief = Text(f"hasil kunjungan ({name.id})", f"a visit ({name.en})")
        return _judged(f"{code}_count", (None, f"at least {bound}"), None, text, brief)
    found, unknown = counted
    holds = kleene.at_least(bound, found, unknown)
    text_id = f"Yang terpenuhi {found} dari {name.id}; syaratnya {bound}."
    text_en = f"{found} of {name.en} hold; asked for: {bound}."
    if unknown:
        text_id += f" Belum dapat dipastikan: {unknown}."
        text_en += f" Not found out: {unknown}."
    brief = Text(f"{found} dari {name.id} (syarat: {bound})", f"{found} of {name.en} (asked: {bound})")
    fact = None if holds is None else str(found)
    return _judged(f"{code}_count", (fact, f"at least {bound}"), holds, Text(text_id, text_en), brief)


def members(name: Text, counted: tuple[int, int], bound: int) -> Judged:
    """How many members meet a condition, against a bound. `counted` is how many do and of how many it is not known."""
    found, unknown = counted
    holds = kleene.at_least(bound, found, unknown)
    text_id = f"Anggota keluarga yang termasuk {name.id}: {found}; syaratnya paling sedikit {bound}."
    text_en = f"Members of this family who are {name.en}: {found}; asked for: at least {bound}."
    if unknown:
        text_id += f" Belum diketahui untuk {unknown} anggota."
        text_en += f" Not known of {unknown} member{'s' if unknown > 1 else ''}."
    brief = Text(f"{name.id}: {found} (syarat: {bound})", f"{name.en}: {found} (asked: {bound})")
    if holds is None:
        some = f"facts of {unknown} member{'s' if unknown > 1 else ''}"
        brief = Text(f"{name.id} (data {unknown} anggota)", f"{name.en} ({some})")
    fact = None if holds is None else str(found)
    return _judged("members", (fact, f"at least {bound}"), holds, Text(text_id, text_en), brief)


def proposed_for(programme: str, *, proposed: bool) -> Judged:
    """Whether the family was proposed for a programme."""
    if proposed:
        brief = Text(f"diusulkan untuk {programme}", f"proposed for {programme}")
        text = Text(f"Keluarga ini diusulkan untuk program {programme}.", f"This family was proposed for {programme}.")
    else:
        brief = Text(f"tidak diusulkan untuk {programme}", f"not proposed for {programme}")
        text = Text(
            f"Keluarga ini tidak diusulkan untuk program {programme}, atau sudah keluar darinya.",
            f"This family was not proposed for {programme}, or has left it.",
        )
    return _judged("proposed_for", ("yes" if proposed else "no", programme), proposed, text, brief)


def need(kind: NeedKind, *, holds: bool) -> Judged:
    """Whether the family as a whole has a need of a kind."""
    name = Text(*MEANINGS_NEEDS[kind])
    if holds:
        brief = Text(f"kebutuhan: {name.id}", f"a need: {name.en}")
        text = Text(
            f"Kebutuhan keluarga ini tercatat dan belum terpenuhi: {name.id}.",
            f"A need of this family is recorded and not met yet: {name.en}.",
        )
    else:
        brief = Text(f"tidak ada kebutuhan: {name.id}", f"no need: {name.en}")
        text = Text(
            f"Tidak ada kebutuhan keluarga ini yang tercatat dan belum terpenuhi: {name.id}.",
            f"No need of this family is recorded and not met yet: {name.en}.",
        )
    return _judged("has_need", ("yes" if holds else "no", kind.value), holds, text, brief)


def holds_place(programme: str, *, holds: bool) -> Judged:
    """Whether the family holds a place in another programme."""
    if holds:
        brief = Text(f"memegang tempat dalam program {programme}", f"a place in {programme}")
        text = Text(
            f"Keluarga ini memegang tempat dalam program {programme}.", f"This family holds a place in {programme}."
        )
    else:
        brief = Text(f"tidak memegang tempat dalam program {programme}", f"no place in {programme}")
        text = Text(
            f"Keluarga ini tidak memegang tempat dalam program {programme}.",
            f"This family holds no place in {programme}.",
        )
    return _judged("holds_place", ("yes" if holds else "no", programme), holds, text, brief)


def register_match(state: MatchState, *, holds: bool) -> Judged:
    """What became of the matches of the family's members with foreign registers."""
    if state is MatchState.FOUNDED and holds:
        brief = Text("kecocokan dengan data lain terbukti", "a match with another register was founded")
        text = Text(
            "Peninjauan kecocokan anggota keluarga ini dengan data lain terbukti.",
            "The review of a match of a member of this family with another register was founded.",
        )
    elif state is MatchState.FOUNDED:
        brief = Text("tidak ada kecocokan dengan data lain yang terbukti", "no match with another register was founded")
        text = Text(
            "Tidak ada kecocokan anggota keluarga ini dengan data lain yang terbukti.",
            "No match of a member of this family with another register was founded.",
        )
    elif holds:
        brief = Text("kecocokan dengan data lain sedang ditinjau", "a match with another register is under review")
        text = Text(
            "Kecocokan anggota keluarga ini dengan data lain sedang ditinjau dinas sosial.",
            "A match of a member of this family with another register is under review.",
        )
    else:
        brief = Text(
            "tidak ada kecocokan dengan data lain yang sedang ditinjau",
            "no match with another register is under review",
        )
        text = Text(
            "Tidak ada kecocokan anggota keluarga ini dengan data lain yang sedang ditinjau.",
            "No match of a member of this family with another register is under review.",
        )
    return _judged("register_match", ("yes" if holds else "no", state.value), holds, text, brief)


def _inside_a_sentence(words: str) -> str:
    # An abbreviation at its beginning keeps its capitals.
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def _judged(code: str, held: tuple[str | None, str], holds: Truth, text: Text, brief: Text) -> Judged:
    """`held` is the fact and the bound that it was held against."""
    fact, bound = held
    return Judged(Criterion(code=code, fact=fact, bound=bound, holds=holds, text_id=text.id, text_en=text.en), brief)
