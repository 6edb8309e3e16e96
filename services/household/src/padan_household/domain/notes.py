"""What officials and citizens type beside a decision: sealed under the household's identity key, and beside a need
under the sensitive one of whom it is about."""

from uuid import UUID

from padan_events.personal import Note

from padan_household.domain.asked import Asked, Known


def sealed_note(text: str | None, known: Known, asked: Asked) -> bytes | None:
    """A note for the household's next event; None where there is none."""
    household = known.household
    if text is None:
        return None
    return asked.seal(household.id, household.id, "identity", Note(text), household.next_event_id())


def sealed_note_of_need(text: str | None, person_id: UUID | None, known: Known, asked: Asked) -> bytes | None:
    """The same beside a need of a member, or (None) of the household: it mostly says something about health, which
    fewer may know than names."""
    household = known.household
    if text is None:
        return None
    subject = person_id or household.id
    return asked.seal(household.id, subject, "sensitive", Note(text), household.next_event_id())
