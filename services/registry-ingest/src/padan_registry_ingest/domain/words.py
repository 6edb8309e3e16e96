"""How files write sex, relationship, school and so on. Keys are upper case, as SIAK writes them."""

from typing import Final

SEX: Final = {
    "L": "m", "LK": "m", "LAKI-LAKI": "m", "LAKI LAKI": "m", "1": "m",
    "P": "f", "PR": "f", "PEREMPUAN": "f", "2": "f",
}  # fmt: skip

RELATIONSHIP: Final = {
    "KEPALA KELUARGA": "head", "KEPALA": "head", "1": "head",
    "SUAMI": "husband", "2": "husband",
    "ISTRI": "wife", "3": "wife",
    "ANAK": "child", "4": "child",
    "MENANTU": "child_in_law", "5": "child_in_law",
    "CUCU": "grandchild", "6": "grandchild",
    "ORANG TUA": "parent", "ORANGTUA": "parent", "7": "parent",
    "MERTUA": "parent_in_law", "8": "parent_in_law",
    "FAMILI LAIN": "other_family", "9": "other_family",
    "PEMBANTU": "domestic_worker", "10": "domestic_worker",
    "LAINNYA": "other", "11": "other",
}  # fmt: skip

SCHOOL: Final = {"SD": "primary", "SMP": "junior_secondary", "SMA": "senior_secondary"}

DISABILITY: Final = {"FISIK": "physical", "INTELEKTUAL": "intellectual", "MENTAL": "mental", "SENSORIK": "sensory"}

YES: Final = ("YA", "Y", "1", "TRUE")
