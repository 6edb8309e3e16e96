-- The last move of each household: seen by whoever sees the household, and by the region it moves to, which row-level
-- security shows nothing else of it until it has arrived. province to village are those of the destination.
CREATE TABLE relocation_view (
    household_id uuid        PRIMARY KEY,
    province     text        COLLATE "C" NOT NULL,
    regency      text        COLLATE "C" NOT NULL,
    district     text        COLLATE "C",
    village      text        COLLATE "C",
    address      text,
    rt           text,
    rw           text,
    from_regency text        COLLATE "C" NOT NULL,
    stage        text        NOT NULL,
    stage_since  timestamptz NOT NULL,
    due_at       timestamptz
);
CREATE INDEX relocation_view_regency ON relocation_view (regency, due_at);
ALTER TABLE relocation_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE relocation_view FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON relocation_view TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON relocation_view FOR SELECT TO gateway_reader USING (
    in_scope(province, regency, district, village)
    OR EXISTS (SELECT FROM household_view h WHERE h.household_id = relocation_view.household_id)
);
GRANT SELECT ON relocation_view TO gateway_reader;
