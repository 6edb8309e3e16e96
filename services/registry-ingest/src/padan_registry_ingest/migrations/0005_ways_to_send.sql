-- More ways to send: in pieces over a poor line, cancelled, corrected, and lists that are only checked.

-- A batch that its sender gave up: requested, and honoured between two pieces of work.
ALTER TABLE upload ADD COLUMN cancel_requested_at timestamptz;
-- A corrected file: the upload it corrects, and how many rows of that one it leaves out; null until they are compared.
ALTER TABLE upload ADD COLUMN corrects uuid REFERENCES upload;
ALTER TABLE upload ADD COLUMN removed jsonb;
-- Of a corrected file: unchanged, changed_accepted, was_invalid, new; null in every other file.
ALTER TABLE batch_row ADD COLUMN correction text COLLATE "C";

-- A cancelled batch may be sent again: its rows that were reported are not reported a second time.
DROP INDEX upload_batch;
CREATE UNIQUE INDEX upload_batch ON upload (batch_id)
    WHERE repeat_of IS NULL AND NOT dry_run AND state NOT IN ('failed', 'cancelled');
CREATE INDEX upload_cancelled ON upload (batch_id) WHERE state = 'cancelled' AND NOT dry_run;
DROP INDEX upload_open;
CREATE INDEX upload_open ON upload (received_at)
    WHERE state NOT IN ('done', 'dry_run_done', 'repeated', 'failed', 'cancelled');

-- While a corrected file is compared: the rows of the file before it, by keyed hashes only.
CREATE TABLE corrected_row (
    upload_id    uuid NOT NULL REFERENCES upload,   -- the corrected file
    row          integer NOT NULL,                  -- of the file before it
    nik_hash     bytea,
    card_hash    bytea,
    person_hash  bytea,                             -- of name and birth date
    digest       bytea NOT NULL,                    -- of all cells, the family's included
    household_id uuid,                              -- where the row is in the register
    found        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (upload_id, row)
);
CREATE INDEX corrected_row_nik ON corrected_row (upload_id, nik_hash) WHERE nik_hash IS NOT NULL;
CREATE INDEX corrected_row_card ON corrected_row (upload_id, card_hash) WHERE card_hash IS NOT NULL;
CREATE INDEX corrected_row_person ON corrected_row (upload_id, person_hash) WHERE person_hash IS NOT NULL;

-- What the comparison says of each row of a corrected file, until the row is reported.
CREATE TABLE correction_row (
    upload_id    uuid NOT NULL REFERENCES upload,
    row          integer NOT NULL,
    correction   text COLLATE "C" NOT NULL,
    household_id uuid,
    PRIMARY KEY (upload_id, row)
);

-- Files that come in pieces: how much of each is durable, sealed on disk. What lies beyond it is cut off.
CREATE TABLE partial_upload (
    partial_id uuid PRIMARY KEY,
    actor      text NOT NULL,
    region     text COLLATE "C" NOT NULL,
    key_id     text NOT NULL,
    length     bigint NOT NULL,
    received   bigint NOT NULL DEFAULT 0,           -- bytes of the file
    pieces     integer NOT NULL DEFAULT 0,
    stored     bigint NOT NULL DEFAULT 0,           -- bytes of the sealed file
    expires_at timestamptz NOT NULL
);
CREATE INDEX partial_upload_expiry ON partial_upload (expires_at);

-- Lists held against the register: read only, no event comes of them.
CREATE TABLE list_check (
    check_id    uuid PRIMARY KEY,
    state       text NOT NULL,
    actor       text NOT NULL,
    region      text COLLATE "C" NOT NULL,
    shows       text[] NOT NULL,                    -- what the sender's role may learn
    key_id      text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    problem     jsonb,
    rows        integer,
    checked_to  integer NOT NULL DEFAULT 0,         -- last row whose result is known
    results     jsonb NOT NULL DEFAULT '{}',        -- how many rows came to each result
    deciles     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX list_check_open ON list_check (received_at) WHERE state NOT IN ('done', 'failed');
CREATE TABLE list_check_chunk (
    check_id  uuid NOT NULL REFERENCES list_check,
    first_row integer NOT NULL,
    last_row  integer NOT NULL,
    sent      bytea STORAGE EXTERNAL NOT NULL,      -- sealed: the cells as sent, and what was found of the NIK
    found     bytea STORAGE EXTERNAL,               -- sealed: what the register says
    PRIMARY KEY (check_id, first_row)
);
