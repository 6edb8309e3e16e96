"""Whether the gateway shows of aid what eligibility holds: places, reviews and payments."""

from collections.abc import Callable
from typing import Any

Ask = Callable[[str, str], list[tuple[Any, ...]]]
"""Rows of a database by a statement."""


def places_are_shown(ask: Ask) -> bool:
    """Rounds are held a second after what they take up, so that the view follows where nothing else moves any more."""
    held = ask("eligibility", "SELECT household_id::text, programme, regency, held FROM place")
    shown = ask(
        "gateway",
        "SELECT household_id::text, programme, regency, status = 'held' FROM place_view WHERE status <> 'ended'",
    )
    waits = ask("eligibility", "SELECT 1 FROM allocation_pending UNION ALL SELECT 1 FROM redeciding")
    return not waits and sorted(held) == sorted(shown)


def check_reviews(ask: Ask) -> None:
    """Each review is shown as it stands."""
    of = "SELECT review_id::text, household_id::text, tier, due_on, outcome, closed_tier FROM"
    assert ask("gateway", f"{of} review_view ORDER BY 1") == ask("eligibility", f"{of} review ORDER BY 1")


def check_payments(ask: Ask) -> None:
    """Each line and each recovery is shown as it stands."""
    of = (
        "SELECT list_id::text, line, household_id::text, recipient::text, amount_idr, status, reason, card, "
        "(SELECT string_agg(h, ',' ORDER BY h) FROM jsonb_object_keys(holds) h),"
    )
    held = ask("eligibility", f"{of} since FROM payment_line ORDER BY 1, 2")
    assert ask("gateway", f"{of} status_on FROM payment_view ORDER BY 1, 2") == held
    of = "SELECT recovery_id::text, list_id::text, line, reason, whose, amount_idr, paid_on, outcome,"
    opened = ask("eligibility", f"{of} returned_idr FROM payment_recovery ORDER BY 1")
    assert ask("gateway", f"{of} settled_idr FROM recovery_view ORDER BY 1") == opened
