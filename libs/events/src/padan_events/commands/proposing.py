"""A family is proposed."""

import msgspec

from padan_events.personal import ReportedHousehold


class ProposeHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="propose_household", tag_field="command"
):
    """A family is proposed for the register."""

    household: ReportedHousehold
