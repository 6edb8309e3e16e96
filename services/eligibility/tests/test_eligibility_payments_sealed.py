"""A payment list is the sealed list, whole; and what it comes to is kept in as many rows as it takes."""

import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import RefusedError
from paying_desk import PayDesk

GROUPS = 6_000
"""More than rows are put together from: a nation has 514 regencies, each with lines of several statuses."""
FILL = (
    "INSERT INTO payment_total (list_id, regency, status, held, lines, amount_idr) "
    "SELECT %(list)s, 'r' || number, 'listed', false, 1, 1 FROM generate_series(1, %(groups)s) number"
)


@pytest.fixture
def desk(office: Office) -> PayDesk:
    return PayDesk(office)


async def test_a_sealed_family_whose_facts_are_missing_is_not_passed_over(desk: PayDesk, owner_url: str) -> None:
    families = sorted(await desk.closed_stage(5))
    desk.work.making._size = 2
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE lost AS SELECT * FROM household_fact WHERE household_id = %s", [families[2]])
        connection.execute("DELETE FROM household_fact WHERE household_id = %s", [families[2]])
    for _ in range(2):
        with pytest.raises(RefusedError, match="payment_facts_missing"):
            await desk.make()
    assert [line.household_id for line in desk.all_lines()] == families[:2]
    with pytest.raises(RefusedError, match="payment_facts_missing"):
        await desk.look()
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO household_fact SELECT * FROM lost")
        connection.execute("DROP TABLE lost")
    await desk.look()
    made = await desk.make()
    assert (made.complete, made.lines) == (True, 5)
    assert [line.household_id for line in desk.all_lines()] == families
    desk.reconciles()


async def test_a_list_of_fewer_lines_than_were_sealed_is_not_complete(desk: PayDesk, owner_url: str) -> None:
    families = sorted(await desk.closed_stage(3))
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed here'; END $$;"
            "CREATE TRIGGER killed BEFORE UPDATE ON payment_list FOR EACH ROW EXECUTE FUNCTION stop_here()"
        )
    with pytest.raises(psycopg.errors.RaiseException, match="killed here"):
        await desk.make()
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP TRIGGER killed ON payment_list")
        connection.execute("UPDATE payment_list SET listed_after = %s", [families[0]])
    with pytest.raises(RefusedError, match="payment_facts_missing"):
        await desk.make()
    with desk.database.transaction() as connection:
        assert connection.execute("SELECT complete, digest FROM payment_list").fetchall() == [(False, None)]


async def test_rows_of_a_list_are_put_together_where_there_are_more_than_it_takes(
    desk: PayDesk, owner_url: str
) -> None:
    def rows() -> list[tuple[str, int]]:
        with psycopg.connect(owner_url) as connection:
            return connection.execute("SELECT xmin::text, lines FROM payment_total ORDER BY regency").fetchall()

    def fill() -> None:
        with psycopg.connect(owner_url) as connection:
            connection.execute(FILL, {"list": desk.stage.id, "groups": GROUPS})

    await desk.closed_stage(1)
    fill()
    before = rows()
    assert len(before) == GROUPS
    await desk.look()
    assert rows() == before, "there was nothing to be put together"
    fill()
    fill()
    await desk.look()
    assert [lines for _, lines in rows()] == [3] * GROUPS
