-- Keys of subjects, wrapped by the key-encryption key. A subject is a person or the household itself. A destroyed
-- key leaves its row with NULL, so that it is never minted again.
CREATE TABLE subject_key (
    household_id uuid NOT NULL,
    subject_id   uuid NOT NULL,
    identity     bytea,
    sensitive    bytea,
    PRIMARY KEY (household_id, subject_id)
);

-- One key for each UTC day, under which reports travel and files are kept; after 30 days the row is removed.
CREATE TABLE intake_key (
    day       date        PRIMARY KEY,
    wrapped   bytea       NOT NULL,
    minted_at timestamptz NOT NULL DEFAULT now()
);
