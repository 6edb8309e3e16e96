-- Whether a household is in the register, or was rejected, withdrawn or deactivated: then its people are nobody's.
ALTER TABLE household_index ADD COLUMN active boolean NOT NULL DEFAULT true;
CREATE INDEX person_index_person ON person_index (person_id);
