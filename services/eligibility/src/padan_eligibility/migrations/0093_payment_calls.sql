-- What a call with results was answered, by its key: a late repetition of it takes nothing anew, though the bank may have
-- said otherwise since. `digest` is of what it said, `answers` stand in the order of its rows.
CREATE TABLE payment_call (
    list_id  uuid        NOT NULL REFERENCES payment_list,
    request  text        NOT NULL,
    digest   bytea       NOT NULL,
    answers  text[]      NOT NULL,
    told_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (list_id, request)
);
