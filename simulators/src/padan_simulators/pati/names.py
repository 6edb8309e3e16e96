"""Invented names, and the harmless ways in which clerks write one and the same name."""

from __future__ import annotations

from random import Random

from padan_simulators.civil_registry.name_rule import names_agree

_MEN = """
    AGUS BAMBANG BUDI DARMA DWI EDI EKO FAJAR GUNTUR HADI HARTO IMAM IRWAN JOKO KARNO KASMADI LASIMIN MULYADI
    NGADI PARMIN PARTO RAHMAT RIYANTO ROCHMAN RUDI SALIM SAPTO SARWO SISWANTO SLAMET SUDIRO SUGENG SUHARNO
    SUKARDI SUPARDI SUTRISNO SUYONO TARMIN TEGUH TRIMO UNTUNG WAHYU WARSITO YUSUF ZAENAL
"""
_WOMEN = """
    AMINAH ASIH ASTUTI DARMINI DEWI DWI ENDANG FATIMAH HARNI INDAH ISMIATI JUMINAH KARSINI KASMI KHOTIMAH LASMI
    LESTARI MARDIYAH MARNI MURNI NGATINI NURUL PARTINI RATNA RUKMINI RUSMIATI SALAMAH SARI SITI SRI SUDARMI
    SUKARTI SULASTRI SUMIYATI SUNARTI SUPARMI SUWARNI TARMINI TRI UMI WAGIYEM WARSINI YULI ZULAIKAH
"""
_STARTS, _MIDDLES = "SU WA KAR SAR PAR NGA MAR DAR HAR JU LAS RUS TAR WIR YAT PUR", "TI DI MA NA RI SA WI YA"
_ENDS_MEN, _ENDS_WOMEN = "NO TO DI YO MAN MIN JO WAN", "NI TI SIH YAH MI NAH YEM WATI"
_FIRST = {"m": _MEN.split(), "f": _WOMEN.split()}
_START, _MIDDLE = _STARTS.split(), _MIDDLES.split()
_END = {"m": _ENDS_MEN.split(), "f": _ENDS_WOMEN.split()}
_TITLES = ("H. ", "Hj. ", "Drs. ", "Dr. ")
_DEGREES = (", S.Pd.", ", S.E.", " SH", ", A.Md.")


def new_name(rng: Random, sex: str) -> str:
    """Return an upper-case name of one to three parts; about one man in fifteen is a MUHAMMAD."""
    draw = rng.random
    parts = [_FIRST[sex][int(draw() * len(_FIRST[sex]))]]
    if draw() < 0.85:
        ends = _END[sex]
        parts.append(_START[int(draw() * 16)] + _MIDDLE[int(draw() * 8)] + ends[int(draw() * len(ends))])
    if draw() < 0.15:
        parts.append(_FIRST[sex][int(draw() * len(_FIRST[sex]))])
    if sex == "m" and draw() < 0.07:
        parts.insert(0, "MUHAMMAD")
    return " ".join(parts)


def as_written(rng: Random, name: str) -> str:
    """Return `name` as a clerk wrote it: in most cases unchanged, always one that still agrees."""
    if rng.random() > 0.18:
        return name
    written = rng.choice(_VARIATIONS)(rng, name)
    return written if names_agree(written, name) else name


def another_name(rng: Random, sex: str, name: str) -> str:
    """Return a name that does not agree with `name` under the civil registry's rule."""
    while names_agree(other := new_name(rng, sex), name):
        continue
    return other


def _in_other_case(rng: Random, name: str) -> str:
    return rng.choice((name.lower(), name.title()))


def _with_other_spacing(rng: Random, name: str) -> str:
    return rng.choice((f"  {name}", name.replace(" ", "  "), name.replace(" ", "", 1)))


def _with_title(rng: Random, name: str) -> str:
    return rng.choice(_TITLES) + name if rng.random() < 0.5 else name + rng.choice(_DEGREES)


def _with_short_muhammad(rng: Random, name: str) -> str:
    return name.replace("MUHAMMAD", rng.choice(("MUH.", "MOH.", "MOCHAMAD")))


def _with_one_letter(rng: Random, name: str) -> str:
    at = rng.randrange(len(name))
    return name[:at] + rng.choice(("", "A", "H", name[at] * 2)) + name[at + 1 :]


def _in_other_order(rng: Random, name: str) -> str:
    parts = name.split()
    rng.shuffle(parts)
    return " ".join(parts)


_VARIATIONS = (
    _in_other_case,
    _with_other_spacing,
    _with_title,
    _with_short_muhammad,
    _with_one_letter,
    _in_other_order,
)
