-- Update months, half-year sets and disbursement stages. `closed` is what the event says, whole; `request` names the asking
-- that closed it.
CREATE TABLE period (
    period_id uuid PRIMARY KEY,
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('update_month', 'half_year_set', 'disbursement_stage')),
    name      text COLLATE "C" NOT NULL,
    region    text COLLATE "C" NOT NULL,
    programme text COLLATE "C",
    opened_by text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed    jsonb,
    closed_at timestamptz,
    request   text,
    CHECK ((closed IS NULL) = (closed_at IS NULL) AND (closed IS NULL) = (request IS NULL)),
    CHECK ((kind = 'disbursement_stage') = (programme IS NOT NULL))
);

-- The lists. Of the register: `state`, `decile`, and by `programmes` each that a family is entitled to with its decision.
-- Of a stage: the rank of its place, the decision, and amounts in rupiah (null: the decision says none).
CREATE TABLE period_list (
    period_id     uuid     NOT NULL,
    household_id  uuid     NOT NULL,
    regency       text     COLLATE "C" NOT NULL,
    state         text     COLLATE "C",
    decile        smallint,
    programmes    jsonb,
    unmet         smallint,
    determined_on date,
    decision_id   uuid,
    annual_idr    bigint,
    amount_idr    bigint,
    PRIMARY KEY (period_id, household_id)
);

-- A sealed list is never changed, not even by the owner, and nothing is added to it.
CREATE TRIGGER sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON period_list
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE period_list ENABLE ALWAYS TRIGGER sealed;

CREATE FUNCTION refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT period_id FROM added) a JOIN period p USING (period_id)
               WHERE p.closed IS NOT NULL) THEN
        RAISE EXCEPTION 'the list is sealed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER complete AFTER INSERT ON period_list REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed();
ALTER TABLE period_list ENABLE ALWAYS TRIGGER complete;

CREATE FUNCTION refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed IS NOT NULL THEN
        RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER closed_once BEFORE UPDATE OR DELETE ON period FOR EACH ROW EXECUTE FUNCTION refuse_closed();
ALTER TABLE period ENABLE ALWAYS TRIGGER closed_once;
CREATE TRIGGER kept_for_ever BEFORE TRUNCATE ON period FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE period ENABLE ALWAYS TRIGGER kept_for_ever;

-- Closings under way: committed before household is asked for the cut. While there is one, the reader of the facts keeps each
-- household as it stood before it changes it. One that was given up counts no more after `expires_at`.
CREATE TABLE period_closing (
    closing_id uuid PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- Households as they stood after their event at `pos`. `decisions`: by programme, the outcome and its decision.
CREATE TABLE period_version (
    household_id uuid     NOT NULL,
    pos          bigint   NOT NULL,
    regency      text     COLLATE "C" NOT NULL,
    state        text     COLLATE "C" NOT NULL,
    decile       smallint,
    decisions    jsonb    NOT NULL,
    PRIMARY KEY (household_id, pos)
);

-- What brought a household into the register, out of it, back, or to another regency: why it is on one list and not on the
-- other.
CREATE TABLE household_turn (
    household_id uuid     NOT NULL,
    pos          bigint   NOT NULL,
    shard        smallint NOT NULL,
    kind         text     COLLATE "C" NOT NULL CHECK (kind IN ('proposed', 'left', 'returned', 'moved')),
    reason       text     COLLATE "C",
    regency      text     COLLATE "C" NOT NULL,
    event_id     uuid     NOT NULL,
    PRIMARY KEY (household_id, pos)
);

-- Whose places came and went between two stages.
CREATE INDEX log_eligibility_places ON log_eligibility_events_v1 (key, pos) WHERE type IN
    ('id.padan.eligibility.place_awarded.v1', 'id.padan.eligibility.promoted.v1', 'id.padan.eligibility.place_released.v1');
