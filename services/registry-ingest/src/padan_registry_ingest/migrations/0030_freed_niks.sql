-- NIKs that turned out to be somebody else's: from this membership_seq on nothing that was said of them before counts, in
-- whatever order it is read.
CREATE TABLE freed_nik (
    nik_hash       bytea   PRIMARY KEY,
    household_id   uuid    NOT NULL,  -- whose record was corrected
    membership_seq integer NOT NULL
);
