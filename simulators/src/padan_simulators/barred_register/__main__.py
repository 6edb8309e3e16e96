"""Starts the barred-occupation register simulator: `padan-barred-register`."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from padan_simulators.barred_register.register import BARRED_SCHEMA, CheckRequest, check_batch, read_barred
from padan_simulators.register_server.faults import FaultGate
from padan_simulators.register_server.people_folder import PeopleFolder
from padan_simulators.register_server.server import register_app, run
from padan_simulators.register_server.settings import RegisterSettings


def build_app(settings: RegisterSettings) -> FastAPI:
    """Return the barred-occupation register of the people in the settings' folder."""
    barred = PeopleFolder(settings.folder, BARRED_SCHEMA, read_barred)
    return register_app(
        barred,
        path="/v1/checks:batch",
        question_type=CheckRequest,
        answer=partial(check_batch, barred.entries),
        gate=FaultGate(),
    )


def main() -> None:
    """Run until told to stop."""
    run(build_app)


if __name__ == "__main__":
    main()
