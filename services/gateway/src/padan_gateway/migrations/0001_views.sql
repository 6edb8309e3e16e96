-- The views people read, under row-level security from the first day. gateway_writer (the projector) sees every row,
-- gateway_reader (requests) only those of the region that its transaction states; the owner, too, is under the policies.

-- Where the reading transaction stands: set_config('padan.level', ..., true) and 'padan.region'. Nothing stated, or the
-- empty text that a pooled connection keeps from an earlier transaction, is nowhere. `=` on text is leakproof, so a
-- request's own region condition still reaches its index.
CREATE FUNCTION in_scope(province text, regency text, district text, village text) RETURNS boolean
LANGUAGE sql STABLE RETURN CASE current_setting('padan.level', true)
    WHEN 'nation'   THEN true
    WHEN 'province' THEN province = current_setting('padan.region', true)
    WHEN 'regency'  THEN regency  = current_setting('padan.region', true)
    WHEN 'district' THEN district = current_setting('padan.region', true)
    WHEN 'village'  THEN village  = current_setting('padan.region', true)
    ELSE false
END;

-- district and village are NULL where the household's keys were destroyed: the place is part of its identity.
CREATE TABLE household_view (
    household_id       uuid     PRIMARY KEY,
    province           text     COLLATE "C" NOT NULL,
    regency            text     COLLATE "C" NOT NULL,
    district           text     COLLATE "C",
    village            text     COLLATE "C",
    state              text     NOT NULL,
    proposed_on        date     NOT NULL,
    caretaker          uuid     NOT NULL,
    head               uuid,
    member_count       integer  NOT NULL,
    address            text,
    rt                 text,
    rw                 text,
    family_card_number text,
    decile             smallint,
    matched_person     uuid,
    civil_status       text,
    agreement          jsonb,
    matched_at         text,
    shard              smallint NOT NULL,
    pos                bigint   NOT NULL
) WITH (fillfactor = 80);  -- a ranking changes every row once more: leave room for HOT updates
CREATE INDEX household_view_province ON household_view (province, household_id);
CREATE INDEX household_view_regency  ON household_view (regency, household_id);
CREATE INDEX household_view_district ON household_view (district, household_id);
CREATE INDEX household_view_village  ON household_view (village, household_id);

-- One row a person, wherever they are: a side of a transfer is applied only where membership_seq grows.
CREATE TABLE person_view (
    person_id      uuid     PRIMARY KEY,
    membership_seq integer  NOT NULL,
    household_id   uuid     NOT NULL,
    province       text     COLLATE "C" NOT NULL,
    regency        text     COLLATE "C" NOT NULL,
    district       text     COLLATE "C",
    village        text     COLLATE "C",
    ordinal        smallint NOT NULL,  -- the order of members within their household
    name           text,
    nik            text,
    nik_hash       bytea,
    birth_date     date,
    sex            text,
    relationship   text
) WITH (fillfactor = 90);
CREATE INDEX person_view_household ON person_view (household_id);
CREATE INDEX person_view_nik ON person_view (nik_hash) WHERE nik_hash IS NOT NULL;

-- A decision travels on another topic and may come before its household: it has no region of its own but is seen by
-- whoever sees the household (the policy below), and so by nobody until the household is there.
CREATE TABLE decision_view (
    household_id   uuid    NOT NULL,
    programme      text    COLLATE "C" NOT NULL,
    event_id       uuid    NOT NULL,
    outcome        text    NOT NULL,
    annual_idr     bigint,
    missing        text[]  NOT NULL,
    state          text    NOT NULL,
    policy_version text    NOT NULL,
    facts_shard    smallint NOT NULL,
    facts_pos      bigint  NOT NULL,
    as_of          date    NOT NULL,
    decided_at     timestamptz NOT NULL,
    explanation    bytea   STORAGE EXTERNAL NOT NULL,  -- sealed: does not compress
    PRIMARY KEY (household_id, programme)
) WITH (fillfactor = 80, toast_tuple_target = 8160);

-- Who sent a file, so that its report is read only where its sender stands or above.
CREATE TABLE batch_upload (
    upload_id uuid PRIMARY KEY,
    subject   text NOT NULL,
    province  text COLLATE "C",
    regency   text COLLATE "C",
    district  text COLLATE "C",
    village   text COLLATE "C",
    sent_at   timestamptz NOT NULL DEFAULT now()
);

-- Every read of unmasked personal data, written in the transaction that reads.
CREATE TABLE access_log (
    entry_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    subject       text   NOT NULL,
    role          text   NOT NULL,
    region        text   NOT NULL,
    purpose       text   NOT NULL,
    action        text   NOT NULL,
    household_ids uuid[] NOT NULL,
    person_ids    uuid[] NOT NULL,
    upload_id     uuid,
    fields        text[] NOT NULL
);

DO $$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['household_view', 'person_view', 'decision_view', 'batch_upload', 'access_log'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', relation);
    END LOOP;
    FOREACH relation IN ARRAY ARRAY['household_view', 'person_view', 'decision_view'] LOOP
        EXECUTE format('CREATE POLICY projector ON %I TO gateway_writer USING (true) WITH CHECK (true)', relation);
        EXECUTE format('GRANT SELECT ON %I TO gateway_reader', relation);
    END LOOP;
    FOREACH relation IN ARRAY ARRAY['household_view', 'person_view', 'batch_upload'] LOOP
        EXECUTE format('CREATE POLICY scoped ON %I FOR SELECT TO gateway_reader '
                       'USING (in_scope(province, regency, district, village))', relation);
    END LOOP;
END $$;
CREATE POLICY scoped ON decision_view FOR SELECT TO gateway_reader USING (
    EXISTS (SELECT FROM household_view h WHERE h.household_id = decision_view.household_id)
);
-- Nobody can write an entry in another's name, and nobody who writes can read, change or remove one.
CREATE POLICY own_entry ON access_log FOR INSERT TO gateway_reader
    WITH CHECK (subject = current_setting('padan.subject', true));
CREATE POLICY own_upload ON batch_upload FOR INSERT TO gateway_reader WITH CHECK (
    subject = current_setting('padan.subject', true) AND in_scope(province, regency, district, village)
);
GRANT SELECT, INSERT ON batch_upload TO gateway_reader;
GRANT INSERT ON access_log TO gateway_reader;
GRANT USAGE ON SCHEMA public TO gateway_reader;
