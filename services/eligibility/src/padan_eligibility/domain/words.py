"""What a decision says of itself, in Indonesian and English, for a village operator to read out to a family."""

from collections.abc import Sequence
from datetime import date

import msgspec
from padan_events.eligibility import Outcome
from padan_events.personal import Criterion
from padan_events.states import State

from padan_eligibility.domain.components import Shape
from padan_eligibility.domain.policy import InKind, Policy
from padan_eligibility.domain.policy_conditions import Text

STATES = {
    State.PROPOSED: Text("diusulkan", "proposed"),
    State.DELIBERATED: Text("dimusyawarahkan", "deliberated"),
    State.VERIFIED: Text("diverifikasi", "verified"),
    State.DISTRICT_APPROVED: Text("disetujui kecamatan", "approved by the district"),
    State.OFFICE_APPROVED: Text("disetujui dinas sosial", "approved by the social office"),
    State.REGION_APPROVED: Text("disahkan bupati atau wali kota", "approved by the regent or mayor"),
    State.DETERMINED: Text("ditetapkan", "determined"),
    State.RETURNED: Text("dikembalikan", "returned"),
    State.REJECTED: Text("ditolak", "rejected"),
    State.WITHDRAWN: Text("ditarik", "withdrawn"),
    State.DEACTIVATED: Text("dinonaktifkan", "deactivated"),
}


class Judged(msgspec.Struct, frozen=True):
    """A criterion judged: as it goes into the explanation, and in a few words for the summary."""

    full: Criterion
    brief: Text

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where the fact is not known."""
        return self.full.holds


def rupiah(amount: int) -> Text:
    """An amount as each language writes it."""
    return Text(f"Rp{amount:,}".replace(",", "."), f"IDR {amount:,}")


def goods(given: InKind) -> Text:
    """Goods as each language names them."""
    return Text(f"{given.annual_quantity} {given.unit.id}", f"{given.annual_quantity} {given.unit.en}")


def period(until: date, *, over: bool) -> Judged:
    """The last day of a programme that ends."""
    if over:
        text = Text(f"Program ini berakhir pada {until}.", f"This programme ended on {until}.")
        brief = Text(f"program sudah berakhir ({until})", f"the programme has ended ({until})")
    else:
        text = Text(f"Program ini berjalan sampai {until}.", f"This programme runs until {until}.")
        brief = Text(f"program masih berjalan (sampai {until})", f"the programme still runs (until {until})")
    return Judged(_criterion("period", "ended" if over else "running", f"until {until}", not over, text), brief)


def state(found: State, excluded: tuple[State, ...]) -> Judged:
    """The household's state against those in which nothing is paid."""
    name, fits = STATES[found], found not in excluded
    not_id, not_en = ", ".join(STATES[s].id for s in excluded), ", ".join(STATES[s].en for s in excluded)
    if fits:
        text = Text(
            f"Keluarga ini ada dalam daftar, dengan status {name.id}.",
            f"This family is in the register, in the state {name.en}.",
        )
        brief = Text(f"ada dalam daftar (status {name.id})", f"in the register (state {name.en})")
    else:
        text = Text(
            f"Status keluarga ini {name.id}. Keluarga dengan status {not_id} tidak diperhitungkan.",
            f"This family's state is {name.en}. Families in the states {not_en} are not considered.",
        )
        brief = Text(f"status {name.id}", f"state {name.en}")
    return Judged(_criterion("state", found.value, "not in: " + ", ".join(excluded), fits, text), brief)  # fmt: skip


def decile(found: int | None, bound: int, *, most: bool = True) -> Judged:
    """The welfare decile against the highest one that is helped, or with `most` false the lowest one."""
    ends = (1, bound) if most else (bound, 10)
    limit = Text("desil {} sampai {}".format(*ends), "deciles {} to {}".format(*ends))
    if found is None:
        fits, fact = None, None
        text = Text(
            "Desil kesejahteraan keluarga ini belum diketahui.", "This family's welfare decile is not known yet."
        )
        brief = Text("desil kesejahteraan", "the welfare decile")
    else:
        fits, fact = ends[0] <= found <= ends[1], str(found)
        text = Text(
            f"Keluarga ini berada di desil {found} (1 paling miskin, 10 paling sejahtera).",
            f"This family is in decile {found} (1 is poorest, 10 best off).",
        )
        brief = Text(f"desil {found} (yang dibantu: {limit.id})", f"decile {found} (helped: {limit.en})")
    helped = Text(f"{text.id} Yang dibantu: {limit.id}.", f"{text.en} Helped are {limit.en}.")
    return Judged(_criterion("decile", fact, f"at {'most' if most else 'least'} {bound}", fits, helped), brief)


def components(policy: Policy, shape: Shape, bound: int) -> Judged:
    """The components found against the least number asked for."""
    programme = policy.name
    number = sum(n for _, n in shape.counted) + shape.beyond
    gap = gap_of(shape)
    fits = True if number >= bound else None if gap else False
    names = [(policy.components[index].name, n) for index, n in shape.counted]
    list_id = ", ".join(f"{name.id} ({n})" for name, n in names)
    list_en = ", ".join(f"{name.en} ({n})" for name, n in names)
    if number:
        text_id = f"Komponen {programme.id} yang dihitung dalam keluarga ini: {list_id}."
        text_en = f"Components of {programme.en} that count in this family: {list_en}."
        if shape.beyond:
            text_id += f" Anggota lain yang juga memenuhi, tetapi di luar batas jumlah: {shape.beyond}."
            text_en += f" Further members who would fit, but lie beyond the limit on numbers: {shape.beyond}."
    elif gap is None:
        text_id = f"Tidak ada anggota keluarga yang termasuk komponen {programme.id}: {_names(policy).id}."
        text_en = f"No member of this family is a component of {programme.en}: {_names(policy).en}."
    else:
        text_id = f"Komponen {programme.id} belum ditemukan dalam keluarga ini."
        text_en = f"No component of {programme.en} is found in this family yet."
    if gap:
        text_id += f" Belum diketahui: {gap.id}."
        text_en += f" Not known yet: {gap.en}."
    if fits is None and gap:
        brief = gap
    elif number:
        brief = Text(f"komponen {list_id}", f"components: {list_en}")
    else:
        brief = Text(f"tidak ada komponen {programme.id}", f"no component of {programme.en}")
    fact = None if fits is None else str(number)
    return Judged(_criterion("components", fact, f"at least {bound}", fits, Text(text_id, text_en)), brief)


def _names(policy: Policy) -> Text:
    names = [component.name for component in policy.components]
    return Text(", ".join(name.id for name in names), ", ".join(name.en for name in names))


def gap_of(shape: Shape) -> Text | None:
    """What is not known of the members; None where nothing is missing."""
    birth_dates, persons, sexes = shape.birth_dates_missing, shape.persons_missing, shape.sexes_missing
    parts_id, parts_en = [], []
    if birth_dates:
        parts_id.append(f"tanggal lahir {birth_dates} anggota")
        parts_en.append(f"the birth date of {birth_dates} member{'s' if birth_dates > 1 else ''}")
    if sexes:
        parts_id.append(f"jenis kelamin {sexes} anggota")
        parts_en.append(f"the sex of {sexes} member{'s' if sexes > 1 else ''}")
    if shape.identities_missing:
        number = shape.identities_missing
        parts_id.append(f"pemadanan {number} anggota dengan catatan sipil")
        parts_en.append(f"the match of {number} member{'s' if number > 1 else ''} with the civil registry")
    if shape.schools_missing:
        number = shape.schools_missing
        parts_id.append(f"jenjang sekolah {number} anggota sekarang")
        parts_en.append(f"the level of school of {number} member{'s' if number > 1 else ''} now")
    if persons:
        parts_id.append(f"data {persons} anggota")
        parts_en.append(f"the facts of {persons} member{'s' if persons > 1 else ''}")
    return Text(" dan ".join(parts_id), " and ".join(parts_en)) if parts_id else None


def _criterion(code: str, fact: str | None, bound: str, holds: bool | None, text: Text) -> Criterion:
    return Criterion(code=code, fact=fact, bound=bound, holds=holds, text_id=text.id, text_en=text.en)


def summary(
    *,
    programme: Text,
    outcome: Outcome,
    criteria: Sequence[Judged],
    amount: Text | None,
    gap: Text | None,
    state: State,
    place_needs: State,
) -> tuple[str, str]:
    """A few plain sentences, Indonesian and English: what holds, what does not, what is missing, what a place needs."""
    id_, en = [], []
    match outcome:
        case Outcome.ENTITLED:
            id_.append(f"Keluarga ini berhak atas {programme.id}.")
            en.append(f"This family is entitled to {programme.en}.")
        case Outcome.NOT_ENTITLED:
            id_.append(f"Keluarga ini tidak berhak atas {programme.id}.")
            en.append(f"This family is not entitled to {programme.en}.")
        case Outcome.UNDETERMINED:
            id_.append(f"Hak keluarga ini atas {programme.id} belum dapat ditentukan. Ini bukan penolakan.")
            en.append(f"Whether this family is entitled to {programme.en} cannot be said yet. This is not a refusal.")
    open_id, open_en = "Belum diketahui", "Not known yet"
    if outcome is Outcome.NOT_ENTITLED:
        open_id, open_en = (
            "Belum diketahui, tetapi tidak mengubah hasil ini",
            "Not known yet, but it changes nothing here",
        )
    for holds, label_id, label_en in (
        (False, "Tidak terpenuhi", "Not met"),
        (None, open_id, open_en),
        (True, "Terpenuhi", "Met"),
    ):
        briefs = [criterion.brief for criterion in criteria if criterion.holds is holds]
        if briefs:
            id_.append(f"{label_id}: {'; '.join(b.id for b in briefs)}.")
            en.append(f"{label_en}: {'; '.join(b.en for b in briefs)}.")
    if outcome is Outcome.UNDETERMINED:
        id_.append("Keputusan diambil lagi dengan sendirinya begitu data itu masuk.")
        en.append("The decision is taken again by itself as soon as that is recorded.")
    if amount is not None:
        more_id = f"; bisa bertambah setelah diketahui: {gap.id}" if gap else ""
        more_en = f"; it may be more once known: {gap.en}" if gap else ""
        id_.append(f"Besarnya bantuan: {amount.id} setahun{more_id}.")
        en.append(f"The amount: {amount.en} a year{more_en}.")
    if outcome is not Outcome.NOT_ENTITLED:
        here, there = STATES[state], STATES[place_needs]
        if state is place_needs:
            id_.append(f"Statusnya sudah {there.id}: keluarga dapat diberi tempat selama kuota ada.")
            en.append(f"Its state is {there.en}: it can be given a place while the quota lasts.")
        else:
            id_.append(
                f'Untuk mendapat tempat, status keluarga masih harus menjadi "{there.id}" (sekarang: {here.id}).'
            )
            en.append(f'For a place, the family\'s state must still become "{there.en}" (now: {here.en}).')
    return " ".join(id_), " ".join(en)
