-- What visits brought home. Neither table has a region of its own: both are seen by whoever sees the household.
CREATE TABLE evidence_view (
    household_id uuid NOT NULL,
    photo_id     uuid NOT NULL,
    kind         text NOT NULL,
    flags        text[] NOT NULL,
    attached_at  timestamptz NOT NULL,
    PRIMARY KEY (household_id, photo_id)
);
-- The newest map point, and when the criteria were last asked about; what was answered stays sealed.
CREATE TABLE visit_view (
    household_id uuid PRIMARY KEY,
    latitude     double precision,
    longitude    double precision,
    accuracy_m   double precision,
    captured_at  timestamptz,
    geotagged_at timestamptz,
    assessed_on  date,
    assessed_at  timestamptz
);

DO $$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['evidence_view', 'visit_view'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', relation);
        EXECUTE format('CREATE POLICY projector ON %I TO gateway_writer USING (true) WITH CHECK (true)', relation);
        EXECUTE format('CREATE POLICY scoped ON %I FOR SELECT TO gateway_reader USING '
                       '(EXISTS (SELECT FROM household_view h WHERE h.household_id = %I.household_id))',
                       relation, relation);
        EXECUTE format('GRANT SELECT ON %I TO gateway_reader', relation);
    END LOOP;
END $$;
