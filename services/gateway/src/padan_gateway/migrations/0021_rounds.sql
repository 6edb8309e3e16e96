-- The monthly round of a village. A village is nobody, so its row is seen by whoever works above it.
CREATE TABLE round_view (
    village     text COLLATE "C" NOT NULL,
    month       text COLLATE "C" NOT NULL,
    stream      uuid NOT NULL,  -- the key of its records, by which what is parked or left out is known
    province    text COLLATE "C" NOT NULL,
    regency     text COLLATE "C" NOT NULL,
    district    text COLLATE "C" NOT NULL,
    opened_at   timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    answered_at timestamptz,
    closed_at   timestamptz,
    PRIMARY KEY (village, month)
);
CREATE INDEX round_view_regency ON round_view (regency, month);

-- What a village said of a family in a month, and what the social office decided on it.
CREATE TABLE verification_view (
    household_id uuid NOT NULL,
    month        text COLLATE "C" NOT NULL,
    result       text NOT NULL,
    reason       text,
    photo        uuid,
    verified_at  timestamptz NOT NULL,
    ends         boolean,
    confirmed_at timestamptz,
    PRIMARY KEY (household_id, month)
);

-- The programmes a family was proposed for, and left at its own request; '*' stands for all of them.
CREATE TABLE programme_view (
    household_id uuid NOT NULL,
    programme    text COLLATE "C" NOT NULL,
    proposed_on  date,
    leaving      boolean NOT NULL DEFAULT false,
    left_on      date,
    PRIMARY KEY (household_id, programme)
);

-- Objections. Who objected and what they say stays sealed here, too, each with the event that it is bound to.
CREATE TABLE objection_view (
    objection_id     uuid PRIMARY KEY,
    household_id     uuid NOT NULL,
    reason           text NOT NULL,
    photo            uuid,
    raised_at        timestamptz NOT NULL,
    due_at           timestamptz,
    outcome          text,
    resolved_at      timestamptz,
    lapses           smallint NOT NULL DEFAULT 0,
    appealed_at      timestamptz,
    appeal_until     timestamptz,
    objector         bytea NOT NULL,
    statement        bytea NOT NULL,
    note             bytea,
    note_event       uuid,
    appellant        bytea,
    appeal_statement bytea,
    appeal_event     uuid
);
CREATE INDEX objection_view_household ON objection_view (household_id);

DO $$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['round_view', 'verification_view', 'programme_view', 'objection_view'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', relation);
        EXECUTE format('CREATE POLICY projector ON %I TO gateway_writer USING (true) WITH CHECK (true)', relation);
        EXECUTE format('GRANT SELECT ON %I TO gateway_reader', relation);
    END LOOP;
    FOREACH relation IN ARRAY ARRAY['verification_view', 'programme_view', 'objection_view'] LOOP
        EXECUTE format('CREATE POLICY scoped ON %I FOR SELECT TO gateway_reader USING ('
                       'EXISTS (SELECT FROM household_view h WHERE h.household_id = %I.household_id))',
                       relation, relation);
    END LOOP;
END $$;
CREATE POLICY scoped ON round_view FOR SELECT TO gateway_reader
    USING (in_scope(province, regency, district, village));
