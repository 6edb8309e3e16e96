-- Needs of members and (person_id null) of households, as far as policies may ask for them: until they are met.
CREATE TABLE need_fact (
    need_id      uuid    PRIMARY KEY,
    household_id uuid    NOT NULL,
    person_id    uuid,
    kind         text    COLLATE "C" NOT NULL,
    met          boolean NOT NULL DEFAULT false
);
CREATE INDEX need_fact_household ON need_fact (household_id) WHERE person_id IS NULL AND NOT met;
CREATE INDEX need_fact_person ON need_fact (person_id) WHERE person_id IS NOT NULL AND NOT met;
