-- Who died in which household, as its events say: whoever died in one that has left the register is `recorded_dead`, which
-- household decides and a dry run or a list check can tell beforehand. Those who died before are there once the index has
-- been rebuilt.
CREATE TABLE person_death (
    household_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    PRIMARY KEY (household_id, person_id)
);
