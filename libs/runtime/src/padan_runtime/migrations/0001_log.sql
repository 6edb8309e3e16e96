-- The sharded log: one partitioned table for each topic, one head row for each shard of it.
CREATE TABLE log_head (
    topic   text     COLLATE "C" NOT NULL,
    shard   smallint NOT NULL,
    pos     bigint   NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (topic, shard)
) WITH (fillfactor = 50);  -- heads change with every append: leave room for HOT updates

-- How far the relay of this service has been acknowledged by Kafka.
CREATE TABLE relay_cursor (
    topic text     COLLATE "C" NOT NULL,
    shard smallint NOT NULL,
    pos   bigint   NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, shard)
) WITH (fillfactor = 50);

-- `streams`: the log is an event store, in which (key, version) is unique; else the event id is.
CREATE FUNCTION create_log(topic text, streams boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    log text := 'log_' || replace(topic, '.', '_');
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
            value          bytea    NOT NULL,
            PRIMARY KEY (shard, pos),
            UNIQUE (%s)
        ) PARTITION BY LIST (shard)$f$,
        log, CASE WHEN streams THEN 'shard, key, version' ELSE 'shard, event_id' END);
    FOR s IN 0..23 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s) WITH (toast_tuple_target = 8160)',
                       log || '_' || lpad(s::text, 2, '0'), log, s);
        -- Sealed blocks do not compress: trying costs time, and moving 2 KB values aside costs more.
        EXECUTE format('ALTER TABLE %I ALTER COLUMN value SET STORAGE EXTERNAL',
                       log || '_' || lpad(s::text, 2, '0'));
    END LOOP;
    INSERT INTO log_head (topic, shard) SELECT create_log.topic, s FROM generate_series(0, 23) AS s;
    INSERT INTO relay_cursor (topic, shard) SELECT create_log.topic, s FROM generate_series(0, 23) AS s;
END $$;
