-- Where the civil registry showed members of households last: shown to whoever sees the household, and nobody else. The
-- destination of a move that nobody has asked for learns nothing of it.
CREATE TABLE seen_move_view (
    household_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    province     text COLLATE "C" NOT NULL,
    regency      text COLLATE "C" NOT NULL,
    district     text COLLATE "C" NOT NULL,
    village      text COLLATE "C" NOT NULL,
    since        date NOT NULL,
    PRIMARY KEY (household_id, person_id)
);
ALTER TABLE seen_move_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE seen_move_view FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON seen_move_view TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON seen_move_view FOR SELECT TO gateway_reader USING (
    EXISTS (SELECT FROM household_view h WHERE h.household_id = seen_move_view.household_id)
);
GRANT SELECT ON seen_move_view TO gateway_reader;

-- The destination said nothing, and the civil registry shows the new address.
ALTER TABLE relocation_view ADD COLUMN silent boolean NOT NULL DEFAULT false;
