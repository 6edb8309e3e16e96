-- Reviews of matches with foreign registers. Which register it was stays sealed, as the note of whoever closed it does: they
-- are opened for whoever may read them. Seen by whoever sees the household.
CREATE TABLE review_view (
    review_id    uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    match_id     uuid NOT NULL,
    match        bytea NOT NULL,
    matched_in   uuid NOT NULL,
    matched_on   date NOT NULL,
    came_from    uuid,
    opened_on    date NOT NULL,
    due_on       date NOT NULL,
    tier         text COLLATE "C" NOT NULL,
    outcome      text COLLATE "C",
    closed_on    date,
    closed_tier  text COLLATE "C",
    photos       uuid[] NOT NULL DEFAULT '{}',
    note         bytea,
    note_event   uuid
);
CREATE INDEX review_view_household ON review_view (household_id);
CREATE INDEX review_view_due ON review_view (due_on, review_id) WHERE outcome IS NULL;
ALTER TABLE review_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_view FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON review_view TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON review_view FOR SELECT TO gateway_reader USING (
    EXISTS (SELECT FROM household_view h WHERE h.household_id = review_view.household_id)
);
GRANT SELECT ON review_view TO gateway_reader;
