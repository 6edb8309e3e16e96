-- Who left which household, and when: whether somebody was a member on a date that has passed.
CREATE TABLE person_departure (
    person_id      uuid        NOT NULL,
    household_id   uuid        NOT NULL,
    membership_seq integer     NOT NULL,
    left_at        timestamptz NOT NULL,
    event_id       uuid        NOT NULL,
    PRIMARY KEY (person_id, household_id, membership_seq)
);

-- The events that prove a finding, by their ids.
CREATE INDEX person_death_event ON person_death (event_id);
CREATE INDEX person_alias_event ON person_alias (event_id);
