"""Starts the BPJS simulator: `padan-bpjs`."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from padan_simulators.bpjs.participants import PARTICIPANT_SCHEMA, ParticipantRequest, answer_batch, read_participants
from padan_simulators.register_server.faults import FaultGate
from padan_simulators.register_server.people_folder import PeopleFolder
from padan_simulators.register_server.server import register_app, run
from padan_simulators.register_server.settings import RegisterSettings


def build_app(settings: RegisterSettings) -> FastAPI:
    """Return the BPJS of the people in the settings' folder."""
    participants = PeopleFolder(settings.folder, PARTICIPANT_SCHEMA, read_participants)
    return register_app(
        participants,
        path="/v1/participants:batch",
        question_type=ParticipantRequest,
        answer=partial(answer_batch, participants.entries),
        gate=FaultGate(),
    )


def main() -> None:
    """Run until told to stop."""
    run(build_app)


if __name__ == "__main__":
    main()
