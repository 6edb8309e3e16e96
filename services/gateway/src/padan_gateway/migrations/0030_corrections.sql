-- `person field` of what the civil registry differs in and nobody has settled; names of fields only. Where the fields of a
-- person come from that were corrected or linked since they were reported.
ALTER TABLE household_view ADD COLUMN conflicts jsonb;
ALTER TABLE person_view ADD COLUMN sources jsonb;
