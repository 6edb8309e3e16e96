"""The kinds of people with social problems (PPKS) whose needs are recorded, and what each is called in both languages.

Source: the 26 kinds of the ministry's regulation on social-welfare data; the codes are stable.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class NeedKind(StrEnum):
    """A kind of need."""

    NEGLECTED_TODDLER = "neglected_toddler"
    NEGLECTED_CHILD = "neglected_child"
    CHILD_IN_CONFLICT_WITH_LAW = "child_in_conflict_with_law"
    STREET_CHILD = "street_child"
    CHILD_WITH_DISABILITY = "child_with_disability"
    CHILD_VIOLENCE_VICTIM = "child_violence_victim"
    CHILD_SPECIAL_PROTECTION = "child_special_protection"
    NEGLECTED_ELDERLY = "neglected_elderly"
    PERSON_WITH_DISABILITY = "person_with_disability"
    SEX_WORKER = "sex_worker"
    HOMELESS = "homeless"
    BEGGAR = "beggar"
    SCAVENGER = "scavenger"
    MINORITY_GROUP = "minority_group"
    EX_CONVICT = "ex_convict"
    PERSON_WITH_HIV = "person_with_hiv"
    DRUG_ABUSE_VICTIM = "drug_abuse_victim"
    TRAFFICKING_VICTIM = "trafficking_victim"
    VIOLENCE_VICTIM = "violence_victim"
    TROUBLED_MIGRANT_WORKER = "troubled_migrant_worker"
    NATURAL_DISASTER_VICTIM = "natural_disaster_victim"
    SOCIAL_DISASTER_VICTIM = "social_disaster_victim"
    VULNERABLE_WOMAN = "vulnerable_woman"
    POOR = "poor"
    FAMILY_PSYCHOSOCIAL_PROBLEM = "family_psychosocial_problem"
    REMOTE_INDIGENOUS_COMMUNITY = "remote_indigenous_community"


MEANINGS_NEEDS: Final[Mapping[NeedKind, tuple[str, str]]] = {
    NeedKind.NEGLECTED_TODDLER: ("Anak Balita Terlantar", "Neglected toddler"),
    NeedKind.NEGLECTED_CHILD: ("Anak Terlantar", "Neglected child"),
    NeedKind.CHILD_IN_CONFLICT_WITH_LAW: ("Anak yang Berhadapan dengan Hukum", "Child in contact with the law"),
    NeedKind.STREET_CHILD: ("Anak Jalanan", "Street child"),
    NeedKind.CHILD_WITH_DISABILITY: ("Anak dengan Kedisabilitasan (ADK)", "Child with disability"),
    NeedKind.CHILD_VIOLENCE_VICTIM: (
        "Anak yang menjadi Korban Tindak Kekerasan atau diperlakukan Salah",
        "Child victim of violence or mistreatment",
    ),
    NeedKind.CHILD_SPECIAL_PROTECTION: (
        "Anak yang Memerlukan Perlindungan Khusus",
        "Child in need of special protection",
    ),
    NeedKind.NEGLECTED_ELDERLY: ("Lanjut Usia Terlantar", "Neglected elderly person"),
    NeedKind.PERSON_WITH_DISABILITY: ("Penyandang Disabilitas", "Person with disability"),
    NeedKind.SEX_WORKER: ("Tuna Susila", "Sex worker"),
    NeedKind.HOMELESS: ("Gelandangan", "Homeless person"),
    NeedKind.BEGGAR: ("Pengemis", "Beggar"),
    NeedKind.SCAVENGER: ("Pemulung", "Waste picker"),
    NeedKind.MINORITY_GROUP: ("Kelompok Minoritas", "Minority group"),
    NeedKind.EX_CONVICT: ("Bekas Warga Binaan Lembaga Pemasyarakatan (BWBLP)", "Former prisoner"),
    NeedKind.PERSON_WITH_HIV: ("Orang dengan HIV/AIDS (ODHA)", "Person with HIV"),
    NeedKind.DRUG_ABUSE_VICTIM: ("Korban Penyalahgunaan NAPZA", "Victim of substance abuse"),
    NeedKind.TRAFFICKING_VICTIM: ("Korban Trafficking", "Victim of trafficking"),
    NeedKind.VIOLENCE_VICTIM: ("Korban Tindak Kekerasan", "Victim of violence"),
    NeedKind.TROUBLED_MIGRANT_WORKER: (
        "Pekerja Migran Bermasalah Sosial (PMBS)",
        "Migrant worker with social problems",
    ),
    NeedKind.NATURAL_DISASTER_VICTIM: ("Korban Bencana Alam", "Victim of natural disaster"),
    NeedKind.SOCIAL_DISASTER_VICTIM: ("Korban Bencana Sosial", "Victim of social disaster"),
    NeedKind.VULNERABLE_WOMAN: ("Perempuan Rawan Sosial Ekonomi (PRSE)", "Socio-economically vulnerable woman"),
    NeedKind.POOR: ("Fakir Miskin", "Poor person"),
    NeedKind.FAMILY_PSYCHOSOCIAL_PROBLEM: (
        "Keluarga Bermasalah Sosial Psikologis",
        "Family with psychosocial problems",
    ),
    NeedKind.REMOTE_INDIGENOUS_COMMUNITY: ("Komunitas Adat Terpencil (KAT)", "Remote indigenous community"),
}
"""By kind, its name in Indonesian and English."""
