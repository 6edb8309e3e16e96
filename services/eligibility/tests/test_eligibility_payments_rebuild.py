"""Lines and recoveries are rebuilt from their own log, while people and facts go on changing them."""

import asyncio
from datetime import timedelta

import pytest
from deciding_office import Office
from padan_eligibility.payments.rebuilding import view
from padan_eligibility.payments.shapes import Hold
from padan_events.payments import Card, Status
from padan_runtime.rebuild.run import Rebuild
from padan_runtime.rebuild.view import Report
from paying_desk import OWNER, PayDesk


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    """Lines of every kind: held, ordered, paid, to be claimed back, excluded."""
    made = PayDesk(office)
    families = await made.closed_stage(8)
    await made.make()
    await made.said(Status.ACCOUNT_CHECKED, *families[:7])
    made.claimed_dead(families[0], 1)
    made.dies_out(families[1])
    await made.read()
    await made.order()
    made.passes(3)
    await made.said(Status.PAID, *families[2:5], card=Card.NOT_DISTRIBUTED)
    await made.said(Status.WITHDRAWN, families[4], card=Card.DISTRIBUTED)
    made.dies(families[2], on=made.today - timedelta(days=1))
    made.dies(families[5])
    await made.read()
    made.work.owning.hold(OWNER, made.list_id, Hold(line=made.line(families[6]).line, reason="asked", request="h"))
    return made


async def rebuilt(desk: PayDesk, owner_url: str) -> Report:
    made = Rebuild(view(), url=str(desk.database.url), owner_url=owner_url, kafka="127.0.0.1:9")
    return await made.run(verify=True)


async def test_they_are_what_their_log_says_and_damage_is_mended(desk: PayDesk, owner_url: str) -> None:
    whole = await rebuilt(desk, owner_url)
    assert whole.different == 0
    assert whole.rows == {"payment_line": 8, "payment_recovery": 1}
    lines, recoveries = desk.all_lines(), desk.recoveries()
    with desk.database.transaction() as connection:
        connection.execute("UPDATE payment_line SET holds = '{}', held_until = NULL WHERE holds <> '{}'")
        connection.execute("UPDATE payment_line SET status = 'listed', since = since + 1 WHERE status = 'excluded'")
        connection.execute("DELETE FROM payment_line WHERE status = 'withdrawn'")
        connection.execute("UPDATE payment_recovery SET outcome = 'unfounded', returned_idr = 0")
    found = await rebuilt(desk, owner_url)
    kinds = {name: (one.missing, one.surplus, one.altered) for name, one in found.differences.items()}
    assert kinds == {"payment_line": (1, 0, 4), "payment_recovery": (0, 0, 1)}
    assert (desk.all_lines(), desk.recoveries()) == (lines, recoveries)
    desk.reconciles()
    assert (await rebuilt(desk, owner_url)).different == 0


async def test_payments_go_on_during_a_rebuild_and_nothing_is_lost(desk: PayDesk, owner_url: str) -> None:
    async def goes_on() -> None:
        for number in range(12):
            number_of_member = 1 + number % 2
            desk.cared_for_by(desk.line_of(6 + number % 3).household_id, number_of_member)
            await desk.read()
            await desk.order(f"again:{number}")

    writing = asyncio.create_task(goes_on())
    while not writing.done():
        assert (await rebuilt(desk, owner_url)).different == 0
    await writing
    assert (await rebuilt(desk, owner_url)).different == 0
    desk.reconciles()
