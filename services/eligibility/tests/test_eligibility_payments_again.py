"""A request that met with another's work on the server is done again, and in the end answered with a code."""

from typing import Any

import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import Person
from padan_eligibility.payments.again import TIMES, again
from padan_runtime.database import Database
from padan_runtime.problems import Problem
from paying_desk import BANK


class Meeting:
    """Reads a row that somebody else changes before it is written, so many times."""

    def __init__(self, database: Database, times: int) -> None:
        self._database, self._left, self.done = database, times, 0
        with database.transaction() as connection:
            connection.execute("DELETE FROM period_closing")
            connection.execute("INSERT INTO period_closing VALUES (gen_random_uuid(), clock_timestamp())")

    def __call__(self, person: Person, body: bytes) -> Any:
        self.done += 1
        later = "UPDATE period_closing SET expires_at = expires_at + make_interval(secs => 1)"
        with self._database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT 1 FROM period_closing")
            if self._left:
                self._left -= 1
                with self._database.transaction() as other:
                    other.execute(later)
            connection.execute(later)
        return person.actor, body


def test_what_met_with_another_is_done_again(office: Office) -> None:
    for times in range(TIMES):
        meeting = Meeting(office.database, times)
        assert again(meeting)(BANK, b"{}") == (BANK.actor, b"{}")
        assert meeting.done == times + 1


def test_what_meets_others_each_time_is_unavailable_and_says_so(office: Office) -> None:
    meeting = Meeting(office.database, TIMES)
    with pytest.raises(Problem) as raised:
        again(meeting)(BANK, b"{}")
    assert (raised.value.code, raised.value.status, meeting.done) == ("service_unavailable", 503, TIMES)
