SELECT create_log('eligibility.events.v1', false);
SELECT create_log('programme.events.v1', false);

-- What policies ask for of a household. `shard` and `pos`: its last event that changed a fact.
CREATE TABLE household_fact (
    household_id uuid PRIMARY KEY,
    regency      text     COLLATE "C" NOT NULL,
    state        text     COLLATE "C" NOT NULL,
    decile       smallint CHECK (decile BETWEEN 1 AND 10),
    caretaker    uuid     NOT NULL,
    shard        smallint NOT NULL,
    pos          bigint   NOT NULL
) WITH (fillfactor = 80);

-- One row a person, wherever they belong: keyed by person, so that nobody is ever in two households at once.
CREATE TABLE person_fact (
    person_id         uuid PRIMARY KEY,
    household_id      uuid    NOT NULL,
    membership_seq    integer NOT NULL,
    known             boolean NOT NULL,
    birth_date        date,
    school            text COLLATE "C",
    pregnant          boolean NOT NULL,
    severe_disability boolean NOT NULL
);
CREATE INDEX person_fact_household ON person_fact (household_id);

-- The last decision of each household and programme; `digest` covers all that a reader of it would see change.
CREATE TABLE decision_current (
    household_id   uuid NOT NULL,
    programme      text COLLATE "C" NOT NULL,
    outcome        text COLLATE "C" NOT NULL,
    policy_version text COLLATE "C" NOT NULL,
    digest         text COLLATE "C" NOT NULL,
    decision_id    uuid NOT NULL,
    PRIMARY KEY (household_id, programme)
) WITH (fillfactor = 80);
