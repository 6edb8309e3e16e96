"""What a view shows, in words of both languages. Names are shown masked: a story is told to anybody."""

from typing import Any, Final

_STATES: Final = {
    "proposed": ("diusulkan", "proposed"),
    "deliberated": ("lolos musyawarah desa", "on the village's list"),
    "verified": ("sudah diverifikasi di lapangan", "verified by a visit"),
    "district_approved": ("disetujui kecamatan", "approved by the district"),
    "office_approved": ("disetujui dinas sosial", "approved by the social office"),
    "region_approved": ("disahkan bupati/wali kota", "approved for the regent or mayor"),
    "determined": ("ditetapkan", "determined"),
    "returned": ("dikembalikan", "returned"),
    "rejected": ("ditolak", "rejected"),
    "withdrawn": ("ditarik", "withdrawn"),
    "deactivated": ("nonaktif", "inactive"),
}
_ROLES: Final = {
    "village_operator": "operator desa / village operator",
    "village_head": "kepala desa / village head",
    "facilitator": "pendamping / facilitator",
    "district_officer": "kecamatan / district officer",
    "social_office": "dinas sosial / social office",
    "approver": "bupati / approver",
    "ministry": "kementerian / ministry",
    "citizen": "warga / citizen",
}
_COMMANDS: Final = {
    "propose_household": "mengusulkan keluarga / proposes a family",
    "deliberate": "memutuskan musyawarah desa / finalizes the deliberation",
    "verify_household": "memverifikasi di lapangan / verifies by a visit",
    "return_cases": "mengembalikan / returns the case",
    "approve": "menyetujui / approves",
    "determine": "menetapkan / determines",
    "add_member": "menambah anggota / adds a member",
    "raise_objection": "menyanggah / objects",
    "resolve_objection": "menjawab sanggahan / answers the objection",
    "split_household": "memecah KK / splits the family",
    "request_relocation": "mengajukan pindah / asks for a move",
    "release_relocation": "melepas / lets the family go",
    "accept_relocation": "menerima / takes the family in",
    "open_rounds": "membuka verifikasi bulanan / opens the monthly round",
    "verify_recipient": "menjawab layak / answers: still entitled",
    "close_round": "memfinalisasi / finalizes the round",
    "confirm_recipient": "mengonfirmasi / confirms",
    "resign": "mengundurkan diri / resigns",
}


def place(told: dict[str, Any]) -> tuple[str, str]:
    """A family's place in a programme, in one sentence of each language."""
    where = f"{told['programme'].upper()}, {told['regency']}"
    return f"{where}: {told['text_id']}", f"{where}: {told['text_en']}"


def role(name: str) -> str:
    """Who acts."""
    return _ROLES[name]


def command(name: str) -> str:
    """What they do."""
    return _COMMANDS[name]


def household(seen: dict[str, Any]) -> tuple[str, str]:
    """A household in one sentence of each language."""
    state_id, state_en = _STATES[seen["state"]]
    if seen["returned_to"] is not None:
        back_id, back_en = _STATES[seen["returned_to"]]
        state_id, state_en = f"{state_id} ke tahap sesudah '{back_id}'", f"{state_en} to what follows '{back_en}'"
    place = ", ".join(
        seen["place"][tier]["name"] for tier in ("village", "regency", "province") if seen["place"][tier] is not None
    )
    living = [member for member in seen["members"] if member["alive"]]
    dead = len(seen["members"]) - len(living)
    names = {member["person_id"]: _masked(member["name"]) for member in living}
    head = names.get(seen["head"] or "")
    caretaker = names.get(seen["caretaker"])
    return (
        f"{place}: {state_id}; {len(living)} orang ({', '.join(names.values()) or 'tidak ada'})"
        f"{f', {dead} meninggal' if dead else ''}; kepala {head or 'belum ada'}; pengurus {caretaker or 'belum ada'}; "
        f"versi {seen['version']}.",
        f"{place}: {state_en}; {len(living)} living ({', '.join(names.values()) or 'nobody'})"
        f"{f', {dead} dead' if dead else ''}; head {head or 'nobody'}; caretaker {caretaker or 'nobody'}; "
        f"version {seen['version']}.",
    )


def _masked(name: str | None) -> str:
    return "***" if name is None else f"{name.split()[0][0]}{name.split()[0][1:].lower()} {name.split()[-1][0]}."
