-- A household that has left the register moves no more: whoever it would have moved to sees it no longer.
ALTER TABLE relocation_view ADD COLUMN closed boolean NOT NULL DEFAULT false;
ALTER TABLE relocation_view NO FORCE ROW LEVEL SECURITY;
ALTER TABLE household_view NO FORCE ROW LEVEL SECURITY;
UPDATE relocation_view r SET closed = true FROM household_view h
WHERE h.household_id = r.household_id AND h.state IN ('rejected', 'withdrawn', 'deactivated');
ALTER TABLE household_view FORCE ROW LEVEL SECURITY;
ALTER TABLE relocation_view FORCE ROW LEVEL SECURITY;

DROP POLICY scoped ON relocation_view;
CREATE POLICY scoped ON relocation_view FOR SELECT TO gateway_reader USING (
    (
        ((stage IN ('requested', 'released', 'accepted') AND NOT closed)
            OR current_setting('padan.level', true) = 'nation')
        AND in_scope(province, regency, district, village)
    )
    OR EXISTS (SELECT FROM household_view h WHERE h.household_id = relocation_view.household_id)
);
