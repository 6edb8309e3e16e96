-- Reports name people: where a death is decided follows the person, wherever they have moved since it was reported.
CREATE INDEX person_claim_person ON person_claim (person_id);
