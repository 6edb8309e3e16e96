-- The day of the determination, by which families of one decile and score are ranked.
ALTER TABLE household_fact ADD COLUMN determined_on date;

-- Quotas as they stand; regency '' is the nation's. `taken`: a round has taken it up. The nation's is taken at once.
CREATE TABLE quota (
    programme text    COLLATE "C" NOT NULL,
    regency   text    COLLATE "C" NOT NULL,
    places    integer NOT NULL CHECK (places >= 0),
    event_id  uuid    NOT NULL,
    taken     boolean NOT NULL,
    PRIMARY KEY (programme, regency)
);

-- What changed of a household that may have a place, by the event after which it stood so: rounds take rows up to a cut.
CREATE TABLE allocation_pending (
    programme     text     COLLATE "C" NOT NULL,
    shard         smallint NOT NULL,
    pos           bigint   NOT NULL,
    household_id  uuid     NOT NULL,
    regency       text     COLLATE "C" NOT NULL,
    standing      text     COLLATE "C" NOT NULL,
    decile        smallint NOT NULL,
    unmet         smallint NOT NULL,
    determined_on date     NOT NULL,
    cause         uuid     NOT NULL,
    PRIMARY KEY (programme, shard, pos, household_id)
);

-- Ledgers that are open. `quota` is what was set, and what moves along with families that move.
CREATE TABLE ledger (
    programme text    COLLATE "C" NOT NULL,
    regency   text    COLLATE "C" NOT NULL,
    quota     integer NOT NULL,
    seq       bigint  NOT NULL,
    PRIMARY KEY (programme, regency)
);

-- Who holds a place (`held`) or waits for one, at which rank.
CREATE TABLE place (
    programme     text     COLLATE "C" NOT NULL,
    household_id  uuid     NOT NULL,
    regency       text     COLLATE "C" NOT NULL,
    held          boolean  NOT NULL,
    decile        smallint NOT NULL,
    unmet         smallint NOT NULL,
    determined_on date     NOT NULL,
    round         integer  NOT NULL,
    PRIMARY KEY (programme, household_id)
);
CREATE INDEX place_ledger ON place (programme, regency);
CREATE INDEX place_household ON place (household_id);

-- The last round of each programme.
CREATE TABLE allocation_round (
    programme text COLLATE "C" PRIMARY KEY,
    round     integer NOT NULL
);
