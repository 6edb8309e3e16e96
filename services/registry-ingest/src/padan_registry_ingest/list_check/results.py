"""What can come of a row of a list, in words."""

from typing import Final

import msgspec

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.reasons import Reason

RESULTS: Final[tuple[Reason, ...]] = (
    Reason("registered", "Tercatat di wilayah Anda.", "In the register of your region.",
           "Tidak perlu apa-apa.", "Nothing to do."),
    Reason("registered_elsewhere", "Tercatat di wilayah lain.", "In the register of another region.",
           "Tanyakan ke dinas sosial sebelum menyalurkan bantuan.", "Ask the social office before giving aid."),
    Reason("deceased", "Tercatat, dan sudah meninggal.", "In the register, and has died.",
           "Jangan salurkan atas nama orang ini; tanyakan keluarganya ke desa.",
           "Give nothing in this person's name; ask the village about the family."),
    reasons.BY_CODE["recorded_dead"],
    Reason("not_registered", "Tidak tercatat di wilayah Anda.", "Not in the register of your region.",
           "Usulkan keluarganya lewat desa atau dinas sosial.",
           "Have the family proposed through the village or the social office."),
    Reason("nik_invalid", "NIK keliru.", "The NIK is wrong.",
           "Samakan NIK dengan e-KTP, lalu periksa lagi.",
           "Write the NIK as on the identity card and check again."),
    Reason("duplicate_in_list", "NIK ini sudah ada di baris lain dalam daftar ini.",
           "This NIK is already in another row of this list.",
           "Bila orangnya sama, hapus baris ini. Bila orangnya lain, perbaiki NIK-nya.",
           "If it is the same person, delete this row. If it is another person, correct the NIK."),
)  # fmt: skip
DIFFERENCES: Final[tuple[Reason, ...]] = (
    Reason("name_differs", "Nama berbeda dari yang tercatat.", "The name differs from the register's.",
           "Cocokkan nama dengan e-KTP.", "Compare the name with the identity card."),
    Reason("birth_date_differs", "Tanggal lahir berbeda dari yang tercatat.",
           "The birth date differs from the register's.",
           "Cocokkan tanggal lahir dengan e-KTP.", "Compare the birth date with the identity card."),
)  # fmt: skip
BY_CODE: Final = {one.code: one for one in (*RESULTS, *DIFFERENCES)}


def words(code: str) -> dict[str, str]:
    """`{"id", "en", "next_id", "next_en"}` of a result or difference."""
    said: dict[str, str] = msgspec.to_builtins(BY_CODE[code])
    return {name: text for name, text in said.items() if name != "code"}
