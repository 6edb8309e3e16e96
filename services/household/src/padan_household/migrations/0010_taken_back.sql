-- Outcomes that Kafka knew and the events that did not reach it before the store was set back: their reports are decided
-- once more, without a second outcome.
CREATE TABLE outcome_without_events (
    outcome_id uuid PRIMARY KEY
);
