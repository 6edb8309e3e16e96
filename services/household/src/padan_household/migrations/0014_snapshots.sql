-- A household as it stood after its event `version`; `form` is what a household was to the code that wrote it. Sealed blocks
-- stay sealed in it. May be emptied at any time: it is only a shorter way to what the events say.
CREATE TABLE household_snapshot (
    household_id uuid    PRIMARY KEY,
    version      integer NOT NULL,
    form         bytea   NOT NULL,
    state        bytea   NOT NULL
);
