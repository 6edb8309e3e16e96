"""What a group of criteria says of itself, in Indonesian and English."""

from collections.abc import Sequence

from padan_events.personal import Criterion

from padan_eligibility.domain.kleene import Truth
from padan_eligibility.domain.policy_conditions import Text
from padan_eligibility.domain.words import Judged

_SAYS = {
    "all_of": (Text("semuanya harus terpenuhi", "every one of these must hold"), "every"),
    "any_of": (Text("cukup salah satu terpenuhi", "one of these is enough"), "at least one"),
    "none_of": (Text("tidak satu pun boleh terpenuhi", "not one of these may hold"), "none"),
}
_NOTHING = Text("", "")
_AROUND = {
    ("any_of", False): (Text("salah satu dari (", "one of ("), Text(")", ")")),
    ("any_of", None): (Text("salah satu dari (", "one of ("), Text(")", ")")),
    ("none_of", False): (Text("", ""), Text(", yang mengecualikan", ", which excludes")),
}
"""What stands around the parts on which a group's result rests. Nothing where all of them do, and nothing around those
of a `none_of` that holds: each says already what is not so, and "none of (no place)" would say the opposite."""


def group(code: str, holds: Truth, parts: Sequence[Judged]) -> Judged:
    """A group with its parts. For the summary it names those of its parts on which its result rests."""
    says, bound = _SAYS[code]
    telling = [part.brief for part in parts if part.holds is _telling(code, holds)]
    brief = Text("; ".join(brief.id for brief in telling), "; ".join(brief.en for brief in telling))
    full = Criterion(
        code=code,
        fact=None,
        bound=bound,
        holds=holds,
        text_id=f"{says.id.capitalize()}.",
        text_en=f"{says.en.capitalize()}.",
        parts=tuple(part.full for part in parts),
    )
    before, after = _AROUND.get((code, holds), (_NOTHING, _NOTHING))
    return Judged(full, Text(f"{before.id}{brief.id}{after.id}", f"{before.en}{brief.en}{after.en}"))


def _telling(code: str, holds: Truth) -> Truth:
    """How those parts came out on which the result rests."""
    return None if holds is None else (not holds) if code == "none_of" else holds
