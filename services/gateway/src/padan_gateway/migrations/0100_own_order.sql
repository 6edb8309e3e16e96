-- A programme's own order of its waiting list: what ranks go by before the usual order, key by key, and the values.
ALTER TABLE place_view
    ADD COLUMN own_order bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN ordered_by text[] NOT NULL DEFAULT '{}';
DROP INDEX place_view_waiting;
CREATE INDEX place_view_waiting ON place_view
    (programme, regency, own_order, decile, unmet, determined_on, household_id) WHERE status = 'waiting';

DROP FUNCTION waiting_before;
CREATE FUNCTION waiting_before(
    of_programme text, of_regency text, of_order bigint[], of_decile smallint, of_unmet smallint, of_determined_on date,
    of_household uuid
) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM place_view p WHERE p.status = 'waiting' AND p.programme = of_programme
        AND p.regency = of_regency AND (p.own_order, p.decile, p.unmet, p.determined_on, p.household_id)
            < (of_order, of_decile, of_unmet, of_determined_on, of_household)
$$;
REVOKE ALL ON FUNCTION waiting_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION waiting_before TO gateway_reader;
