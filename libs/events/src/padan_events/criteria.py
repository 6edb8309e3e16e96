"""The criteria of poverty that a field verification asks about, and what each means in both languages.

Source: the nine of the ministry's list of 2022 and the fourteen of the statistics office (BPS); the codes are stable.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """Whether a criterion holds. `unknown`: it was asked, and could not be found out."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Criterion2022(StrEnum):
    """The nine criteria of 2022. `no_shelter` is a gate: who has none is poor."""

    NO_SHELTER = "no_shelter"
    HEAD_NO_WORK_OR_INCOME = "head_no_work_or_income"
    FOOD_INSECURITY = "food_insecurity"
    FOOD_OVER_HALF_SPENDING = "food_over_half_spending"
    NO_CLOTHING_SPENDING = "no_clothing_spending"
    FLOOR_EARTH_OR_PLASTER = "floor_earth_or_plaster"
    WALL_POOR_MATERIAL = "wall_poor_material"
    NO_OWN_TOILET = "no_own_toilet"
    POWER_450_OR_NONE = "power_450_or_none"


class CriterionBps(StrEnum):
    """The fourteen criteria of BPS: poor where nine hold."""

    FLOOR_AREA_UNDER_8M2 = "floor_area_under_8m2"
    FLOOR_POOR_MATERIAL = "floor_poor_material"
    WALL_POOR_MATERIAL = "wall_poor_material"
    NO_PRIVATE_TOILET = "no_private_toilet"
    NO_ELECTRIC_LIGHT = "no_electric_light"
    UNSAFE_WATER = "unsafe_water"
    COOK_FUEL_POOR = "cook_fuel_poor"
    PROTEIN_ONCE_A_WEEK = "protein_once_a_week"
    ONE_CLOTHES_SET_A_YEAR = "one_clothes_set_a_year"
    MEALS_ONE_OR_TWO_A_DAY = "meals_one_or_two_a_day"
    CANNOT_PAY_CLINIC = "cannot_pay_clinic"
    HEAD_LOW_INCOME = "head_low_income"
    HEAD_EDUCATION_SD_OR_LESS = "head_education_sd_or_less"
    NO_SAVINGS_500K = "no_savings_500k"


MEANINGS_2022: Final[Mapping[Criterion2022, tuple[str, str]]] = {
    Criterion2022.NO_SHELTER: (
        "Tidak memiliki tempat berteduh atau tempat tinggal sehari-hari",
        "Has no shelter or place to live from day to day",
    ),
    Criterion2022.HEAD_NO_WORK_OR_INCOME: (
        "Kepala keluarga atau pengurus tidak bekerja / tidak berpenghasilan tetap",
        "The head or caretaker has no work or no steady income",
    ),
    Criterion2022.FOOD_INSECURITY: (
        "Pernah khawatir tidak makan atau tidak makan dalam setahun terakhir",
        "Was worried about having nothing to eat, or did not eat, within the last year",
    ),
    Criterion2022.FOOD_OVER_HALF_SPENDING: (
        "Pengeluaran makanan lebih dari setengah total pengeluaran",
        "Food is more than half of all spending",
    ),
    Criterion2022.NO_CLOTHING_SPENDING: (
        "Tidak ada pengeluaran pakaian selama setahun terakhir",
        "Spent nothing on clothes within the last year",
    ),
    Criterion2022.FLOOR_EARTH_OR_PLASTER: (
        "Tempat tinggal sebagian besar berlantai tanah/plesteran",
        "Most of the floor is earth or plaster",
    ),
    Criterion2022.WALL_POOR_MATERIAL: (
        "Berdinding bambu, kawat, papan kayu, terpal, kardus, tembok tanpa plester, rumbia, atau seng",
        "Walls of bamboo, wire, boards, tarpaulin, cardboard, brick without plaster, thatch or corrugated iron",
    ),
    Criterion2022.NO_OWN_TOILET: (
        "Tidak memiliki jamban sendiri / memakai jamban komunitas",
        "Has no toilet of its own, or uses a communal one",
    ),
    Criterion2022.POWER_450_OR_NONE: (
        "Penerangan listrik 450 VA atau bukan listrik",
        "Light from a connection of 450 VA, or not from electricity",
    ),
}
"""By criterion of 2022, what it means: Indonesian, English."""

MEANINGS_BPS: Final[Mapping[CriterionBps, tuple[str, str]]] = {
    CriterionBps.FLOOR_AREA_UNDER_8M2: (
        "Luas lantai kurang dari 8 m2 per orang",
        "Less than 8 m2 of floor for each person",
    ),
    CriterionBps.FLOOR_POOR_MATERIAL: (
        "Lantai tanah/bambu/kayu murahan",
        "Floor of earth, bamboo or cheap wood",
    ),
    CriterionBps.WALL_POOR_MATERIAL: (
        "Dinding bambu/rumbia/kayu berkualitas rendah/tembok tanpa plester",
        "Walls of bamboo, thatch, poor wood or brick without plaster",
    ),
    CriterionBps.NO_PRIVATE_TOILET: (
        "Tidak memiliki fasilitas BAB / bersama rumah tangga lain",
        "Has no toilet, or shares one with other households",
    ),
    CriterionBps.NO_ELECTRIC_LIGHT: (
        "Penerangan tidak menggunakan listrik",
        "Light not from electricity",
    ),
    CriterionBps.UNSAFE_WATER: (
        "Air minum dari sumur/mata air tidak terlindung/sungai/air hujan",
        "Drinking water from an unprotected well or spring, a river or rain",
    ),
    CriterionBps.COOK_FUEL_POOR: (
        "Bahan bakar kayu bakar/arang/minyak tanah",
        "Cooks with firewood, charcoal or kerosene",
    ),
    CriterionBps.PROTEIN_ONCE_A_WEEK: (
        "Konsumsi daging/susu/ayam satu kali seminggu",
        "Has meat, milk or chicken once a week",
    ),
    CriterionBps.ONE_CLOTHES_SET_A_YEAR: (
        "Hanya membeli satu stel pakaian baru setahun",
        "Buys only one new set of clothes a year",
    ),
    CriterionBps.MEALS_ONE_OR_TWO_A_DAY: (
        "Hanya sanggup makan satu/dua kali sehari",
        "Can afford only one or two meals a day",
    ),
    CriterionBps.CANNOT_PAY_CLINIC: (
        "Tidak sanggup membayar pengobatan di puskesmas/poliklinik",
        "Cannot pay for treatment at a public clinic",
    ),
    CriterionBps.HEAD_LOW_INCOME: (
        "Penghasilan kepala rumah tangga: petani lahan 500 m2, buruh, nelayan, dsb. di bawah Rp600.000 per bulan",
        "The head (a farmer of 500 m2, labourer, fisher and the like) earns less than Rp600,000 a month",
    ),
    CriterionBps.HEAD_EDUCATION_SD_OR_LESS: (
        "Pendidikan kepala rumah tangga tidak sekolah/tidak tamat SD/tamat SD",
        "The head has no schooling beyond primary school",
    ),
    CriterionBps.NO_SAVINGS_500K: (
        "Tidak punya tabungan/barang mudah dijual senilai Rp500.000",
        "Has no savings, or goods easily sold, worth Rp500,000",
    ),
}
"""By criterion of BPS, what it means: Indonesian, English."""
