"""Commands about the monthly round of villages."""

from typing import Annotated

import msgspec

from padan_events.commands.recipients import MonthText
from padan_events.telling import told


class OpenRounds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="open_rounds", tag_field="command"):
    """The round of a month is opened in every village of a region, such as a regency, or in one village. Each village
    is decided by itself."""

    region: Annotated[str, told("Kemendagri code of a regency, a district or a village.")]
    month: MonthText
    villages: Annotated[tuple[str, ...], told("Filled in by Padan; what is sent here is passed over.")] = ()


class DeclareNoChange(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="declare_no_change", tag_field="command"
):
    """A village answers for all its recipients at once: nothing has changed."""

    village: Annotated[str, told("Kemendagri code of the village, 10 digits.")]
    month: MonthText


class CloseRound(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="close_round", tag_field="command"):
    """The village head finalizes the round."""

    village: Annotated[str, told("Kemendagri code of the village, 10 digits.")]
    month: MonthText


VillageCommand = OpenRounds | DeclareNoChange | CloseRound
"""Commands about villages, and no household."""
