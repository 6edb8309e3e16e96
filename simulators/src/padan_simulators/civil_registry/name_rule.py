"""When two written names are one: the rule of docs/civil-registry-name-rule.md, in its order."""

from __future__ import annotations

import re
import unicodedata

_MUHAMMAD = "MUH MOH MOCH MUCH MHD MOHD MUHAMAD MUHAMMAD MOHAMAD MOHAMMAD MOCHAMAD MOCHAMMAD MUCHAMAD MUCHAMMAD"
_TITLE = "H HJ HAJI HAJAH HAJJAH KH DR DRS DRA IR PROF"
_DEGREE = """
    SPD SPDI SE SEI SH SHI SAG SSOS SKOM ST SKM SKEP SIP SPSI SSI SP SPT SHUT SST AMD AMDKEB AMDKEP
    MM MPD MPDI MSI MAG MH MHI MKES MT MHUM MKOM PHD LC NERS
"""
_MUHAMMADS, _TITLES, _DEGREES = (frozenset(words.split()) for words in (_MUHAMMAD, _TITLE, _DEGREE))
_SEPARATORS = re.compile(r"[^A-Z]+")
_WITHIN_A_WORD = re.compile(r"[.'’`]")
_SHORTEST_PART_WITH_A_SLIP = 4

NameParts = tuple[str, ...]


def name_parts(name: str) -> NameParts:
    """Return the parts of a name that count: upper case, without accents, titles and degrees.

    Every short form of Muhammad becomes MUHAMMAD. A name made of titles alone keeps them; a name without
    any letter has no parts.
    """
    if name.isascii():
        upper = name.upper()
    else:
        decomposed = unicodedata.normalize("NFKD", name.replace("’", "'")).upper()
        upper = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    if upper.replace(" ", "").isalpha():
        parts = upper.split()
    else:
        parts = [part for word in re.split(r"[\s,]+", upper) for part in _parts_of_word(word)]
    kept = list(parts)
    while len(kept) > 1 and kept[0] in _TITLES:
        del kept[0]
    while len(kept) > 1 and kept[-1] in _DEGREES:
        del kept[-1]
    return tuple("MUHAMMAD" if part in _MUHAMMADS else part for part in kept)


def _parts_of_word(word: str) -> list[str]:
    """Split a word at its dots ("MUH.ALI"), unless the dots are those of a title or degree ("S.PD.")."""
    whole = _SEPARATORS.sub("", _WITHIN_A_WORD.sub("", word))
    if whole in _TITLES or whole in _DEGREES:
        return [whole]
    without_apostrophes = re.sub(r"['’`]", "", word)
    return [part for part in _SEPARATORS.split(without_apostrophes) if part]


def parts_agree(one: NameParts, other: NameParts) -> bool:
    """Tell whether two names, as `name_parts` gives them, are one name."""
    if not one or not other:
        return False
    if one == other or "".join(one) == "".join(other):
        return True
    if len(one) != len(other):
        return False
    unmatched = list(other)
    left_over = []
    for part in one:
        if part in unmatched:
            unmatched.remove(part)
        else:
            left_over.append(part)
    if not left_over:
        return True
    return len(left_over) == 1 and _one_letter_apart(left_over[0], unmatched[0])


def names_agree(one: str, other: str) -> bool:
    """Tell whether two written names are one name under the rule."""
    return parts_agree(name_parts(one), name_parts(other))


def _one_letter_apart(one: str, other: str) -> bool:
    """Tell whether one letter was replaced, left out or added, in a part of at least four letters."""
    short, long = sorted((one, other), key=len)
    if len(short) < _SHORTEST_PART_WITH_A_SLIP or len(long) - len(short) > 1:
        return False
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) == len(long):
        return short[at + 1 :] == long[at + 1 :]
    return short[at:] == long[at + 1 :]
