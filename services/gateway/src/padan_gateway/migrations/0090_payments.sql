-- A household's line on a payment list, as the events leave it. `event_id` is the last one that told of it: what it is
-- reconciled by. Seen by whoever sees the household; a line may come before its household, as a decision may.
CREATE TABLE payment_view (
    list_id      uuid     NOT NULL,
    line         integer  NOT NULL,
    household_id uuid     NOT NULL,
    shard        smallint NOT NULL,
    event_id     uuid     NOT NULL,
    programme    text     COLLATE "C" NOT NULL,
    stage        text     COLLATE "C" NOT NULL,
    regency      text     COLLATE "C" NOT NULL,
    recipient    uuid     NOT NULL,
    amount_idr   bigint   NOT NULL,
    status       text     COLLATE "C" NOT NULL,
    status_on    date     NOT NULL,
    reason       text     COLLATE "C",
    card         text     COLLATE "C",
    holds        jsonb    NOT NULL DEFAULT '{}',  -- by reason, until when at the latest, or null
    listed_at    timestamptz NOT NULL,
    PRIMARY KEY (list_id, line)
) WITH (fillfactor = 80);
CREATE INDEX payment_view_household ON payment_view (household_id);

CREATE TABLE recovery_view (
    recovery_id  uuid     PRIMARY KEY,
    list_id      uuid     NOT NULL,
    line         integer  NOT NULL,
    household_id uuid     NOT NULL,
    reason       text     COLLATE "C" NOT NULL,
    whose        text     COLLATE "C",
    amount_idr   bigint   NOT NULL,
    paid_on      date     NOT NULL,
    opened_at    timestamptz NOT NULL,
    outcome      text     COLLATE "C",
    settled_idr  bigint,
    closed_at    timestamptz
);
CREATE INDEX recovery_view_household ON recovery_view (household_id);

ALTER TABLE payment_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment_view FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON payment_view TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON payment_view FOR SELECT TO gateway_reader USING (
    EXISTS (SELECT FROM household_view h WHERE h.household_id = payment_view.household_id)
);
ALTER TABLE recovery_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_view FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON recovery_view TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON recovery_view FOR SELECT TO gateway_reader USING (
    EXISTS (SELECT FROM household_view h WHERE h.household_id = recovery_view.household_id)
);
GRANT SELECT ON payment_view, recovery_view TO gateway_reader;
