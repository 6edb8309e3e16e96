"""Commands about a death that somebody reports: it holds once the social office has confirmed it."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.commands.cases import NoteText
from padan_events.telling import told


class ReportDeath(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="report_death", tag_field="command"
):
    """A member died, as an operator says, with evidence: photos, or a note of who says so. To be confirmed."""

    household_id: UUID
    person_id: Annotated[UUID, told("Who died.")]
    occurred_on: Annotated[date, told("Local date of the death.")]
    photos: Annotated[tuple[UUID, ...], told("Ids of photos of the evidence.")] = ()
    note: NoteText = None


class ConfirmDeath(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="confirm_death", tag_field="command"
):
    """The social office confirms a death that was reported; nobody confirms their own report."""

    household_id: UUID
    person_id: UUID
    occurred_on: Annotated[
        date | None, told("Local date of the death, where the evidence shows another than was reported.")
    ] = None


class RefuseDeathReport(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="refuse_death_report", tag_field="command"
):
    """The social office refuses a report: the person lives, or the evidence does not show it."""

    household_id: UUID
    person_id: UUID
    note: NoteText = None
