-- What readers could not handle. It waits here until an operator sends it again or drops it; events behind it, of the
-- same topic and key, wait with it. Whatever a stranger may have written stands in bytea columns: text takes no NUL.
CREATE TABLE parked (
    parked_id     uuid PRIMARY KEY,
    reader        text     COLLATE "C" NOT NULL,
    topic         text     COLLATE "C" NOT NULL,
    shard         smallint NOT NULL,              -- Kafka's partition
    pos           bigint,                         -- null: no valid envelope, so no event and no hole
    record_offset bigint   NOT NULL,
    cluster_id    text     NOT NULL,
    key           bytea,
    key_digest    bytea,                          -- SHA-256, null where pos is: a key may be longer than an index takes
    event_id      uuid,
    type          text     COLLATE "C",           -- null where it is not of the form of a type
    headers       bytea    NOT NULL,              -- MessagePack: [[name, bytes], ...] as they were
    value         bytea    STORAGE EXTERNAL,
    reason        text     NOT NULL
        CHECK (reason IN ('undecodable', 'unknown_type', 'handler_failed', 'behind', 'not_an_event')),
    error         text,                           -- class and place of what was raised, never its text
    parked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts      integer  NOT NULL DEFAULT 0,
    tried_at      timestamptz,
    state         text     NOT NULL DEFAULT 'parked' CHECK (state IN ('parked', 'retry', 'drop')),
    asked_by      text
);
CREATE INDEX parked_key ON parked (reader, topic, key_digest, pos);
CREATE INDEX parked_asked ON parked (reader) WHERE state <> 'parked';

-- What operators did with it, and what came of it. Never changed, never removed, not even by the owner.
CREATE TABLE operator_action (
    action_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor         text     NOT NULL,
    action        text     NOT NULL CHECK (action IN ('retry_asked', 'drop_asked', 'retried', 'dropped')),
    reason        text,
    parked_id     uuid     NOT NULL,
    reader        text     COLLATE "C" NOT NULL,
    topic         text     COLLATE "C" NOT NULL,
    shard         smallint NOT NULL,
    pos           bigint,
    record_offset bigint   NOT NULL,
    event_id      uuid,
    type          text     COLLATE "C",
    key           bytea,
    parked_for    text     NOT NULL,              -- the reason it was parked for
    digest        bytea    NOT NULL               -- SHA-256 of the value
);
CREATE INDEX operator_action_parked ON operator_action (parked_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed or removed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER kept_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_action
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE operator_action ENABLE ALWAYS TRIGGER kept_for_ever;

-- The log of copies: few rows, so one table for all shards.
CREATE FUNCTION create_parked_log(topic text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($f$
        CREATE TABLE %I (
            shard          smallint NOT NULL,
            pos            bigint   NOT NULL,
            event_id       uuid     NOT NULL,
            type           text     COLLATE "C" NOT NULL,
            key            text     COLLATE "C" NOT NULL,
            version        integer,
            time           timestamptz NOT NULL,
            actor          text     NOT NULL,
            causation_id   uuid,
            correlation_id uuid     NOT NULL,
            value          bytea    STORAGE EXTERNAL NOT NULL,
            PRIMARY KEY (shard, pos),
            UNIQUE (shard, event_id)
        )$f$, 'log_' || replace(topic, '.', '_'));
    INSERT INTO log_head (topic, shard) SELECT create_parked_log.topic, s FROM generate_series(0, 23) AS s;
    INSERT INTO relay_cursor (topic, shard) SELECT create_parked_log.topic, s FROM generate_series(0, 23) AS s;
END $$;
