-- Files sent, how far each has come, what was found of each row; the person index; reports to household.
SELECT create_log('registry.intake.v1', false);

CREATE TABLE upload (
    upload_id     uuid PRIMARY KEY,
    state         text NOT NULL,
    kind          text NOT NULL,                -- auto until the file has been read
    dry_run       boolean NOT NULL,
    has_members   boolean NOT NULL,
    actor         text NOT NULL,
    region        text COLLATE "C" NOT NULL,    -- the sender's; empty for the nation
    key_id        text NOT NULL,                -- intake key under which file, answers and rows are sealed
    received_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at   timestamptz,
    batch_id      uuid,
    repeat_of     uuid REFERENCES upload,
    problem       jsonb,
    waiting_for   text,
    rows          integer,
    stage         text NOT NULL DEFAULT 'received',
    stage_done    integer NOT NULL DEFAULT 0,
    stage_total   integer NOT NULL DEFAULT 0,
    stages        jsonb NOT NULL DEFAULT '[]',
    verdict       bytea,                        -- Parquet: row, reasons, warnings, household; nothing of a person
    reported_to   integer NOT NULL DEFAULT 0,   -- last row written to batch_row
    accepted      integer NOT NULL DEFAULT 0,
    refused       integer NOT NULL DEFAULT 0,
    pending       integer NOT NULL DEFAULT 0,
    waiting       integer NOT NULL DEFAULT 0,
    summary       json                          -- not jsonb: it keeps the reasons in their order
);
-- A batch is worked on once: whoever sends the same rows again is told of the first.
CREATE UNIQUE INDEX upload_batch ON upload (batch_id) WHERE repeat_of IS NULL AND NOT dry_run AND state <> 'failed';
CREATE INDEX upload_open ON upload (received_at)
    WHERE state NOT IN ('done', 'dry_run_done', 'repeated', 'failed');

-- Answers of the registers, a chunk each, sealed: a batch that was interrupted asks nothing twice.
CREATE TABLE register_answer (
    upload_id uuid NOT NULL REFERENCES upload,
    register  text NOT NULL,
    chunk     integer NOT NULL,
    sealed    bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (upload_id, register, chunk)
);

-- What rows held, some thousand at a time, sealed: for the reports that name them.
CREATE TABLE batch_chunk (
    upload_id uuid NOT NULL REFERENCES upload,
    first_row integer NOT NULL,
    last_row  integer NOT NULL,
    recipients bytea STORAGE EXTERNAL NOT NULL,
    members   bytea STORAGE EXTERNAL,
    PRIMARY KEY (upload_id, first_row)
);

CREATE TABLE batch_row (
    upload_id    uuid NOT NULL,
    row          integer NOT NULL,
    village      text COLLATE "C",
    first_reason text COLLATE "C",
    reasons      text[] NOT NULL,
    warnings     text[] NOT NULL,
    household_id uuid,
    outcome      text COLLATE "C",              -- matched, waiting, pending, accepted, refused; null: not reported
    holder       uuid,
    PRIMARY KEY (upload_id, row)
);

-- The person index: a projection of household.events.v1. Preliminary, it never decides.
CREATE TABLE person_index (
    nik_hash       bytea PRIMARY KEY,
    person_id      uuid NOT NULL,
    household_id   uuid NOT NULL,
    membership_seq integer NOT NULL
);
CREATE TABLE household_index (
    household_id     uuid PRIMARY KEY,
    family_card_hash bytea
);

-- Deciles of people the register does not hold yet.
CREATE TABLE ranking_waiting (
    nik_hash    bytea NOT NULL,
    upload_id   uuid NOT NULL REFERENCES upload,
    row         integer NOT NULL,
    decile      smallint NOT NULL,
    occurred_on date NOT NULL,
    PRIMARY KEY (nik_hash, upload_id, row)
);
