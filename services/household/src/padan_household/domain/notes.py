"""What officials and citizens type beside a decision: sealed under the household's identity key."""

from padan_events.personal import Note

from padan_household.domain.asked import Asked, Known


def sealed_note(text: str | None, known: Known, asked: Asked) -> bytes | None:
    """A note for the household's next event; None where there is none."""
    household = known.household
    if text is None:
        return None
    return asked.seal(household.id, household.id, "identity", Note(text), household.next_event_id())
