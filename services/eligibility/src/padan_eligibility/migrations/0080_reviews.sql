-- Reviews of matches with foreign registers, as their events left them: kept beside the log, and never rebuilt. One is open
-- while it has no outcome. `match` is sealed under keys that this service does not have. `changes` counts its events.
CREATE TABLE review (
    review_id    uuid     PRIMARY KEY,
    household_id uuid     NOT NULL,
    person_id    uuid     NOT NULL,
    match_id     uuid     NOT NULL,
    match        bytea    NOT NULL,
    matched_on   date     NOT NULL,
    matched_in   uuid     NOT NULL,
    reported_by  text     COLLATE "C" NOT NULL,
    opened_on    date     NOT NULL,
    due_on       date     NOT NULL,
    tier         text     COLLATE "C" NOT NULL,
    outcome      text     COLLATE "C",
    closed_tier  text     COLLATE "C",
    closed_by    text     COLLATE "C",
    changes      integer  NOT NULL,
    UNIQUE (match_id, household_id)
);
CREATE INDEX review_household ON review (household_id);
CREATE INDEX review_person ON review (person_id);
CREATE INDEX review_due ON review (due_on) WHERE outcome IS NULL;

-- Whose aid ended by a review (once for each): the household has the person as a living member still.
CREATE VIEW barred_household AS
SELECT r.household_id FROM review r JOIN person_fact p USING (person_id, household_id)
WHERE r.outcome = 'founded' AND p.died_on IS NULL;
