"""Starts the civil-registry simulator: `padan-civil-registry`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from fastapi import FastAPI

from padan_simulators.civil_registry import feed_api
from padan_simulators.civil_registry.feed import Feed
from padan_simulators.civil_registry.messages import MatchRequest
from padan_simulators.civil_registry.registry import PEOPLE_SCHEMA, match_batch, read_people
from padan_simulators.register_server.faults import FaultGate
from padan_simulators.register_server.people_folder import PeopleFolder
from padan_simulators.register_server.server import register_app, run
from padan_simulators.register_server.settings import RegisterSettings


def build_app(settings: RegisterSettings) -> FastAPI:
    """Return the civil registry of the people in the settings' folder, with the feed of what happens to them."""
    people = PeopleFolder(settings.folder, PEOPLE_SCHEMA, read_people)
    gate = FaultGate()
    app = register_app(
        people,
        path="/v1/matches:batch",
        question_type=MatchRequest,
        answer=partial(match_batch, people.entries),
        gate=gate,
    )
    feed_api.install(app, Feed(settings.folder, people, lambda: datetime.now(UTC)), gate)
    return app


def main() -> None:
    """Run until told to stop."""
    run(build_app)


if __name__ == "__main__":
    main()
