-- What the civil registry told of people's lives, by its feed or by notifications; a file's rows are those of its batch.
-- Nothing of a person is in clear: the NIK is a keyed hash, the details of births and moves are sealed under the day's key.
CREATE TABLE life_event (
    report_id    uuid PRIMARY KEY,               -- of the source's own id, kind, person and date: told twice it is one
    number       bigint GENERATED ALWAYS AS IDENTITY,
    source       text NOT NULL,                  -- crvs_feed, crvs_notify
    cursor       bigint,                         -- of the feed: where an operator finds the entry again
    kind         text NOT NULL,                  -- death, death_reversed, birth, move, unreadable
    nik_hash     bytea,
    occurred_on  date,
    recorded_at  timestamptz,                    -- when the registry recorded it
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    state        text COLLATE "C" NOT NULL,      -- waiting, pending, accepted, refused; births and moves kept; unreadable
    reason       text COLLATE "C",               -- of what was refused or is unreadable
    household_id uuid,
    key_id       text,                           -- births and moves: what else the registry said, readable for 30 days
    details      bytea
);
CREATE INDEX life_event_of_person ON life_event (nik_hash, number DESC) WHERE nik_hash IS NOT NULL;
CREATE INDEX life_event_to_see ON life_event (state, number) WHERE state IN ('kept', 'unreadable', 'refused');

-- How far a feed was read. Moved in the transaction that appends what was read.
CREATE TABLE feed_cursor (
    feed   text PRIMARY KEY,
    cursor bigint NOT NULL
);

-- Deaths of people the register does not hold yet, of whatever door.
CREATE TABLE death_waiting (
    report_id   uuid PRIMARY KEY,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    nik_hash    bytea NOT NULL,
    source      text NOT NULL,
    occurred_on date NOT NULL,
    reversed    boolean NOT NULL,
    batch_id    uuid NOT NULL,
    row         bigint NOT NULL,
    region      text COLLATE "C" NOT NULL,
    actor       text NOT NULL,
    upload_id   uuid REFERENCES upload           -- of a file's row
);
CREATE INDEX death_waiting_for ON death_waiting (nik_hash);
CREATE INDEX death_waiting_upload ON death_waiting (upload_id) WHERE upload_id IS NOT NULL;
