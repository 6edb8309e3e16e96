-- Payment lists, one of each closed stage. Until `complete` it is being made: its families up to `listed_after` have lines.
CREATE TABLE payment_list (
    list_id      uuid PRIMARY KEY,
    period_id    uuid        NOT NULL UNIQUE,
    programme    text        COLLATE "C" NOT NULL,
    stage        text        COLLATE "C" NOT NULL,
    region       text        COLLATE "C" NOT NULL,
    bank         text        COLLATE "C" NOT NULL,
    made_by      text        COLLATE "C" NOT NULL,
    made_at      timestamptz NOT NULL,
    listed_after uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    lines        integer     NOT NULL DEFAULT 0,
    amount_idr   bigint      NOT NULL DEFAULT 0,
    digest       text        COLLATE "C",
    complete     boolean     NOT NULL DEFAULT false,
    CHECK (complete = (digest IS NOT NULL))
);

-- Lines as their events left them: a fold of the log, and nothing else. `holds`: by reason, until when and what led to it;
-- `held_until` the first of these dates. `changes` counts the line's events.
CREATE TABLE payment_line (
    list_id      uuid     NOT NULL,
    line         integer  NOT NULL CHECK (line > 0),
    household_id uuid     NOT NULL,
    regency      text     COLLATE "C" NOT NULL,
    programme    text     COLLATE "C" NOT NULL,
    stage        text     COLLATE "C" NOT NULL,
    recipient    uuid     NOT NULL,
    amount_idr   bigint   NOT NULL CHECK (amount_idr >= 0),
    listed_on    date     NOT NULL,
    status       text     COLLATE "C" NOT NULL CHECK (status IN ('listed', 'account_checked', 'account_failed', 'ordered',
                          'paid', 'withdrawn', 'not_withdrawn', 'returned', 'excluded')),
    since        date     NOT NULL,
    reason       text     COLLATE "C",
    card         text     COLLATE "C" CHECK (card IN ('distributed', 'not_distributed')),
    holds        jsonb    NOT NULL DEFAULT '{}',
    held_until   date,
    ordered_in   integer,
    ordered_on   date,
    paid_on      date,
    paid_event   uuid,
    card_event   uuid,
    changes      integer  NOT NULL,
    PRIMARY KEY (list_id, line),
    CHECK ((paid_on IS NOT NULL) = (status IN ('paid', 'withdrawn', 'not_withdrawn', 'returned'))),
    CHECK (paid_on IS NULL OR ordered_in IS NOT NULL)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX payment_line_household ON payment_line (household_id, list_id);
CREATE INDEX payment_line_recipient ON payment_line (recipient);
CREATE INDEX payment_line_due ON payment_line (held_until) WHERE held_until IS NOT NULL;

-- What the bank said of lines, word for word: the same said again is the same. `reference` is told no further.
CREATE TABLE payment_result (
    list_id    uuid        NOT NULL,
    line       integer     NOT NULL,
    number     integer     NOT NULL,
    status     text        COLLATE "C" NOT NULL,
    "on"       date        NOT NULL,
    amount_idr bigint,
    reason     text        COLLATE "C",
    reference  text        COLLATE "C",
    card       text        COLLATE "C",
    told_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (list_id, line, number)
);

-- Orders. Until `complete` one is under way: it has come to the line `after`.
CREATE TABLE payment_order (
    list_id    uuid        NOT NULL REFERENCES payment_list,
    number     integer     NOT NULL,
    request    text        NOT NULL,
    ordered_by text        COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    after      integer     NOT NULL DEFAULT 0,
    lines      integer     NOT NULL DEFAULT 0,
    amount_idr bigint      NOT NULL DEFAULT 0,
    excluded   integer     NOT NULL DEFAULT 0,
    held       integer     NOT NULL DEFAULT 0,
    digest     text        COLLATE "C",
    complete   boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (list_id, number),
    UNIQUE (list_id, request),
    CHECK (complete = (digest IS NOT NULL))
);
CREATE UNIQUE INDEX payment_order_one_at_a_time ON payment_order (list_id) WHERE NOT complete;

-- Payments to be claimed back, as their events left them; open while there is no outcome.
CREATE TABLE payment_recovery (
    recovery_id  uuid     PRIMARY KEY,
    list_id      uuid     NOT NULL,
    line         integer  NOT NULL,
    household_id uuid     NOT NULL,
    regency      text     COLLATE "C" NOT NULL,
    programme    text     COLLATE "C" NOT NULL,
    stage        text     COLLATE "C" NOT NULL,
    reason       text     COLLATE "C" NOT NULL CHECK (reason IN ('paid_after_death', 'paid_twice')),
    whose        text     COLLATE "C",
    amount_idr   bigint   NOT NULL,
    paid_on      date     NOT NULL,
    because_of   uuid[]   NOT NULL,
    outcome      text     COLLATE "C",
    returned_idr bigint,
    closed_by    text     COLLATE "C",
    changes      integer  NOT NULL,
    UNIQUE (list_id, line, reason),
    CHECK ((outcome IS NULL) = (returned_idr IS NULL))
);

-- Facts that payments ask for. Reports of deaths that nobody has confirmed or refused.
CREATE TABLE death_claim (
    person_id    uuid NOT NULL,
    household_id uuid NOT NULL,
    due_on       date NOT NULL,
    event_id     uuid NOT NULL,
    PRIMARY KEY (person_id, household_id)
);
CREATE INDEX death_claim_household ON death_claim (household_id);

-- The last event of each person's death in a household, taken back where `died_on` is null.
CREATE TABLE person_death (
    person_id      uuid        NOT NULL,
    household_id   uuid        NOT NULL,
    membership_seq integer     NOT NULL,
    died_on        date,
    event_id       uuid        NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    told_at        timestamptz NOT NULL,
    PRIMARY KEY (person_id, household_id)
);

-- Records of persons that are of one human being, and the event that says so; taken back where `same_as` is null.
CREATE TABLE person_alias (
    person_id      uuid        PRIMARY KEY,
    household_id   uuid        NOT NULL,
    same_as        uuid,
    membership_seq integer     NOT NULL,
    event_id       uuid        NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    told_at        timestamptz NOT NULL
);
CREATE INDEX person_alias_same ON person_alias (same_as) WHERE same_as IS NOT NULL;

-- What is asked of a family's reviews, as of its places.
CREATE INDEX log_eligibility_reviews ON log_eligibility_events_v1 (key, pos) WHERE type IN
    ('id.padan.eligibility.review_opened.v1', 'id.padan.eligibility.review_closed.v1');
