-- Who died in which household, as its events say. Whoever died in a household that has left the register is not entered
-- anew as living: their NIK is released, and the person is still dead. Of who has joined another household since, it
-- says nothing: that one's own row would.
CREATE TABLE person_death (
    household_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    PRIMARY KEY (household_id, person_id)
);

-- Those who died already.
INSERT INTO person_death (household_id, person_id)
SELECT key::uuid, person_id FROM (
    SELECT DISTINCT ON (e.shard, e.key, e.person_id) e.key, e.person_id, e.type
    FROM (
        SELECT shard, key, version, type, (convert_from(value, 'UTF8')::jsonb ->> 'person_id')::uuid AS person_id
        FROM log_household_events_v1
        WHERE type IN ('id.padan.household.member_died.v1', 'id.padan.household.death_reversed.v1')
    ) e
    ORDER BY e.shard, e.key, e.person_id, e.version DESC
) last
WHERE type = 'id.padan.household.member_died.v1';
