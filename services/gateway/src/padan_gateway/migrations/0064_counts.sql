-- What waits in a region, and how its objections stand, is counted in an index alone: both were counted in the rows, which
-- for the nation were those of every household, twice.
CREATE INDEX household_view_waiting ON household_view (state, returned_to, province, regency, district, village)
    INCLUDE (due_at, state_since)
    WHERE state IN ('proposed', 'deliberated', 'verified', 'district_approved', 'office_approved', 'region_approved',
                    'returned');

-- Where the family lives that an objection is to. It moves with the family; who sees the one sees the other.
ALTER TABLE objection_view
    ADD COLUMN province text COLLATE "C",
    ADD COLUMN regency  text COLLATE "C",
    ADD COLUMN district text COLLATE "C",
    ADD COLUMN village  text COLLATE "C";
ALTER TABLE objection_view NO FORCE ROW LEVEL SECURITY;
ALTER TABLE household_view NO FORCE ROW LEVEL SECURITY;
UPDATE objection_view o SET province = h.province, regency = h.regency, district = h.district, village = h.village
FROM household_view h WHERE h.household_id = o.household_id;
ALTER TABLE household_view FORCE ROW LEVEL SECURITY;
ALTER TABLE objection_view FORCE ROW LEVEL SECURITY;

DROP POLICY scoped ON objection_view;
CREATE POLICY scoped ON objection_view FOR SELECT TO gateway_reader
    USING (in_scope(province, regency, district, village));
CREATE INDEX objection_view_region ON objection_view (province, regency, district, village)
    INCLUDE (due_at, outcome, lapses, appealed_at);
CREATE INDEX objection_view_due ON objection_view (due_at, objection_id) WHERE due_at IS NOT NULL;
