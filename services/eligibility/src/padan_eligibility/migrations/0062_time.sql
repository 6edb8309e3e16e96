-- When a decision is to be taken again by itself: the next date on which it could change, as the decision says it, and
-- the local date it was taken for. The next date of what was decided before is sealed: the recomputation, which begins
-- for every policy that was published, writes it.
ALTER TABLE decision_current ADD COLUMN next_change_on date, ADD COLUMN as_of date;
UPDATE decision_current d SET as_of = (convert_from(l.value, 'UTF8')::json ->> 'as_of')::date
FROM log_eligibility_events_v1 l WHERE l.event_id = d.decision_id;
CREATE INDEX decision_current_due ON decision_current (next_change_on) WHERE next_change_on IS NOT NULL;

-- The last event of a household that told a fact, whether or not it had effects: what a decision rests on.
ALTER TABLE household_fact ADD COLUMN told_pos bigint;

-- Everything that is decided anew since a policy was published, by time zone (hours before UTC): its local date begins
-- there. `after` is the last household that was looked at. Made of the programme log, and never of anything else.
CREATE TABLE recomputation (
    published  uuid        NOT NULL,
    correlation_id uuid    NOT NULL,
    zone       smallint    NOT NULL,
    programme  text        COLLATE "C" NOT NULL,
    version    text        COLLATE "C" NOT NULL,
    due_at     timestamptz NOT NULL,
    state      text        COLLATE "C" NOT NULL DEFAULT 'waiting'
               CHECK (state IN ('waiting', 'running', 'paused', 'done', 'superseded')),
    after      uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    total      bigint      NOT NULL DEFAULT 0,
    looked_at  bigint      NOT NULL DEFAULT 0,
    changed    bigint      NOT NULL DEFAULT 0,
    started_at timestamptz,
    ended_at   timestamptz,
    asked_by   text        COLLATE "C",
    PRIMARY KEY (published, zone)
);
CREATE INDEX recomputation_open ON recomputation (due_at) WHERE state IN ('waiting', 'running');
