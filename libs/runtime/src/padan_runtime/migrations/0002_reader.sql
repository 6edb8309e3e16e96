-- Where each reader stands, written in the same transaction as what it read led to.
CREATE TABLE reader_position (
    reader      text     COLLATE "C" NOT NULL,
    topic       text     COLLATE "C" NOT NULL,
    shard       smallint NOT NULL,
    pos         bigint   NOT NULL DEFAULT 0,
    next_offset bigint   NOT NULL DEFAULT 0,
    cluster_id  text     NOT NULL,
    PRIMARY KEY (reader, topic, shard)
) WITH (fillfactor = 50);

-- The event ids of the last positions (16 bytes each, ending at last_pos): the same position with another id
-- means that the store behind the topic was set back, and that shard must stop.
CREATE TABLE reader_recent (
    reader   text     COLLATE "C" NOT NULL,
    topic    text     COLLATE "C" NOT NULL,
    shard    smallint NOT NULL,
    last_pos bigint   NOT NULL,
    ids      bytea    STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (reader, topic, shard, last_pos)
);
