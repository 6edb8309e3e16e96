-- The last event of each review: a decision that asks for matches names what it rests on.
ALTER TABLE review ADD COLUMN last_event uuid;
UPDATE review r SET last_event = l.event_id FROM (
    SELECT DISTINCT ON (review_id) review_id, event_id FROM (
        SELECT (convert_from(value, 'UTF8')::json ->> 'review_id')::uuid AS review_id, event_id, pos
        FROM log_eligibility_events_v1 WHERE type IN ('id.padan.eligibility.review_opened.v1',
            'id.padan.eligibility.review_escalated.v1', 'id.padan.eligibility.review_closed.v1')) t
    ORDER BY review_id, pos DESC) l
WHERE r.review_id = l.review_id;

-- Households to be decided anew since something was told of them that is no event of theirs: written in the transaction
-- that tells it, and taken out in the one that decides. Rows are only added, so that nobody who tells ever waits here.
CREATE TABLE redeciding (
    number         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    household_id   uuid   NOT NULL,
    cause          uuid   NOT NULL,
    correlation_id uuid   NOT NULL
);
CREATE INDEX redeciding_household ON redeciding (household_id);
