"""Rebuilding the views: the projection's own handler, which sends nothing to anyone."""

from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime.keys import KeyClient
from padan_runtime.rebuild.view import Table, View

from padan_gateway.views.projection import READER, ViewsHandler


def view(keys: KeyClient) -> View:
    """The projection `gateway.views`."""
    return View(
        name=READER,
        reader=READER,
        topics=(HOUSEHOLD_EVENTS, ELIGIBILITY_EVENTS),
        tables=(
            Table(name="household_view", key=("household_id",)),
            Table(name="person_view", key=("person_id",)),
            Table(name="decision_view", key=("household_id", "programme")),
            Table(name="evidence_view", key=("household_id", "photo_id")),
            Table(name="visit_view", key=("household_id",)),
            Table(name="round_view", key=("village", "month"), household="stream"),
            Table(name="verification_view", key=("household_id", "month")),
            Table(name="programme_view", key=("household_id", "programme")),
            Table(name="objection_view", key=("objection_id",)),
            Table(name="relocation_view", key=("household_id",)),
            Table(name="seen_move_view", key=("household_id", "person_id")),
            Table(name="place_view", key=("household_id", "programme")),
            Table(name="review_view", key=("review_id",)),
            Table(name="payment_view", key=("list_id", "line")),
            Table(name="recovery_view", key=("recovery_id",)),
            Table(name="ledger_view", key=("programme", "regency"), household="ledger_id"),
        ),
        rebuilder=ViewsHandler(keys),
    )
