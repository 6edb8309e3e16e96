-- A household on its way: its version (for If-Match), since when it stands where it does, and where a returned case goes back
-- to. Who is a member is told by the persons alone, so nothing counts them twice; one who died stays, dead.
ALTER TABLE household_view
    DROP COLUMN member_count,
    ADD COLUMN version      integer     NOT NULL DEFAULT 0,
    ADD COLUMN state_since  timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN returned_to  text,
    ADD COLUMN due_at       timestamptz,
    ADD COLUMN update_month text;
ALTER TABLE household_view ALTER COLUMN version DROP DEFAULT, ALTER COLUMN state_since DROP DEFAULT;
ALTER TABLE person_view ADD COLUMN died_on date;
CREATE INDEX household_view_queue ON household_view (regency, state, state_since);
