-- The place of a household in a programme: held, waited for at a rank, or ended. As a decision it may come before its
-- household, and is seen by whoever sees that.
CREATE TABLE place_view (
    household_id  uuid     NOT NULL,
    programme     text     COLLATE "C" NOT NULL,
    regency       text     COLLATE "C" NOT NULL,
    status        text     COLLATE "C" NOT NULL CHECK (status IN ('held', 'waiting', 'ended')),
    reason        text     COLLATE "C",
    decile        smallint,
    unmet         smallint,
    determined_on date,
    round         integer  NOT NULL,
    since         timestamptz NOT NULL,
    PRIMARY KEY (household_id, programme)
) WITH (fillfactor = 80);
CREATE INDEX place_view_waiting ON place_view (programme, regency, decile, unmet, determined_on, household_id)
    WHERE status = 'waiting';

-- Programmes in regencies as their last round left them: numbers, for everybody to see.
CREATE TABLE ledger_view (
    programme text    COLLATE "C" NOT NULL,
    regency   text    COLLATE "C" NOT NULL,
    ledger_id uuid    NOT NULL,
    quota     integer NOT NULL,
    places    integer NOT NULL,
    waiting   integer NOT NULL,
    round     integer NOT NULL,
    as_of     date    NOT NULL,
    PRIMARY KEY (programme, regency)
);

ALTER TABLE place_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE place_view FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON place_view TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON place_view FOR SELECT TO gateway_reader USING (
    EXISTS (SELECT FROM household_view h WHERE h.household_id = place_view.household_id)
);
CREATE POLICY counted ON place_view FOR SELECT TO CURRENT_USER USING (true);
GRANT SELECT ON place_view, ledger_view TO gateway_reader;

-- How many wait before a rank. Whoever sees a family may know how many come before it, though not who they are.
CREATE FUNCTION waiting_before(
    of_programme text, of_regency text, of_decile smallint, of_unmet smallint, of_determined_on date, of_household uuid
) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM place_view p WHERE p.status = 'waiting' AND p.programme = of_programme
        AND p.regency = of_regency AND (p.decile, p.unmet, p.determined_on, p.household_id)
            < (of_decile, of_unmet, of_determined_on, of_household)
$$;
REVOKE ALL ON FUNCTION waiting_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION waiting_before TO gateway_reader;
