-- Moves of people the register does not hold yet. The village is sealed under the intake key of the day, so a move waits
-- 28 days at most; a row of life_event is then `lapsed`.
CREATE TABLE move_waiting (
    report_id   uuid PRIMARY KEY,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    nik_hash    bytea NOT NULL,
    source      text NOT NULL,
    occurred_on date NOT NULL,
    to_regency  text COLLATE "C" NOT NULL,
    batch_id    uuid NOT NULL,
    row         bigint NOT NULL,
    region      text COLLATE "C" NOT NULL,
    actor       text NOT NULL,
    key_id      text COLLATE "C" NOT NULL,
    sealed      bytea NOT NULL
);
CREATE INDEX move_waiting_for ON move_waiting (nik_hash);
CREATE INDEX move_waiting_key ON move_waiting (key_id);
