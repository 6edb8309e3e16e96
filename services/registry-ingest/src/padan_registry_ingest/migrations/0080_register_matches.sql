-- Matches of foreign registers that were reported to household. Nothing of a person is in clear, nor which register: the id
-- is made of the keyed hash of the NIK, the register and its entry, so that an entry is reported once, whoever tells of it.
CREATE TABLE register_match (
    report_id    uuid   PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY,
    source       text   COLLATE "C" NOT NULL,      -- list (a programme or agency told it), batch (a row of a file)
    household_id uuid   NOT NULL,                  -- that held the person then
    received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    state        text   COLLATE "C" NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'accepted', 'refused')),
    reason       text   COLLATE "C"                -- of what household refused
);

-- What a list of matches was answered, by who sent it and the key they gave it: the same for ever.
CREATE TABLE register_match_list (
    actor  text  COLLATE "C" NOT NULL,
    key    bytea NOT NULL,
    digest bytea NOT NULL,
    answer bytea NOT NULL,
    PRIMARY KEY (actor, key)
);
