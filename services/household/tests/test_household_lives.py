"""The same lives on the real store: each command is answered as the rules alone answer it, and the same stands."""

from datetime import datetime
from itertools import count
from uuid import UUID

from household_desk import Desk
from household_given import Parts
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from lives.machine import VILLAGES, Lives
from padan_events.commands import Command
from padan_household.domain.registry_moves import RegistryMove

_RUNS = count(1)


def on_the_store(desk: Desk) -> type[Lives]:
    """Lives that are lived twice: by the rules alone, and on the store."""

    def peer(
        command: Command, *, now: datetime, role: str, region: str, actor: str, key: str, version: int | None
    ) -> list[str]:
        desk.now = now
        while desk.deadlines.fire():
            pass
        return desk.codes(desk.send(command, (role, region), actor=actor, key=key, version=version))

    def shown_to(report: RegistryMove, now: datetime) -> str:
        desk.now = now
        while desk.deadlines.fire():
            pass
        event = desk.parts.intake.move(
            report.household_id, report.person_id, report.village, report.occurred_on, number=report.origin.row
        )
        desk.parts.decide(event)
        return desk.parts.outcome(event)

    class OnTheStore(Lives):
        def __init__(self) -> None:
            super().__init__()
            self.first_nik = 10 * next(_RUNS)
            self.peer, self.shown_to = peer, shown_to
            with desk.parts.database.transaction() as connection:  # villages are the same in every run
                held = desk.parts.register.load_rounds(VILLAGES, UUID(int=0), connection)
            self.register.rounds = {one.rounds.village: one.rounds for one in held}

        def teardown(self) -> None:
            super().teardown()
            desk.now = self.register.now
            while desk.deadlines.fire():
                pass
            with desk.parts.database.transaction() as connection:
                stored = desk.parts.register.load(self.households, connection)
                claims = connection.execute(
                    "SELECT nik_hash, person_id, household_id, membership_seq, released FROM person_claim "
                    "WHERE household_id = ANY(%s)",
                    [self.households],
                ).fetchall()
            assert {one: (home.version, home.state, home.members.keys()) for one, home in stored.items()} == {
                one: (home.version, home.state, home.members.keys()) for one, home in self.register.households.items()
            }
            assert sorted(claims) == sorted(
                (one.nik_hash, one.person_id, one.household_id, one.membership_seq, one.released)
                for one in self.register.claims.values()
                if one.known_person is not None
            )

    return OnTheStore


def test_the_store_answers_and_holds_what_the_rules_alone_do(parts: Parts) -> None:
    run_state_machine_as_test(
        on_the_store(Desk(parts)),
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
