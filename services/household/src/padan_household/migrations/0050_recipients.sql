-- Households that are determined, by regency: whose villages have a round to answer each month. Derived from the household,
-- in the transaction that appends. The village is not told here: it is opened once a month.
CREATE TABLE recipient (
    household_id uuid PRIMARY KEY,
    regency      text COLLATE "C" NOT NULL
);
CREATE INDEX recipient_regency ON recipient (regency, household_id);

-- Provinces whose villages' rounds of a month this service has opened.
CREATE TABLE round_opening (
    month     text COLLATE "C" NOT NULL,
    province  text COLLATE "C" NOT NULL,
    villages  integer NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (month, province)
);

-- Those who are determined already.
INSERT INTO recipient (household_id, regency)
SELECT key::uuid, regency FROM (
    SELECT DISTINCT ON (e.shard, e.key) e.key, e.type, e.data,
        (SELECT convert_from(l.value, 'UTF8')::jsonb ->> 'regency' FROM log_household_events_v1 l
         WHERE l.shard = e.shard AND l.key = e.key ORDER BY l.version DESC LIMIT 1) AS regency
    FROM (
        SELECT shard, key, version, split_part(type, '.', 4) AS type, convert_from(value, 'UTF8')::jsonb AS data
        FROM log_household_events_v1
        WHERE type = ANY (ARRAY(
            SELECT 'id.padan.household.' || fact || '.v1' FROM unnest(ARRAY[
                'proposed', 'deliberated', 'verified', 'advanced', 'determined', 'returned', 'rejected', 'withdrawn',
                'deactivated', 'reactivated']) AS fact))
    ) e
    ORDER BY e.shard, e.key, e.version DESC
) last
WHERE type = 'determined' OR (type = 'reactivated' AND data ->> 'to' = 'determined')
   OR (type = 'proposed' AND data -> 'split_from' ->> 'state' = 'determined');
