-- A move that came to nothing is the origin's business alone again: the destination sees one while it is open, and
-- afterwards as the household that lives there.
DROP POLICY scoped ON relocation_view;
CREATE POLICY scoped ON relocation_view FOR SELECT TO gateway_reader USING (
    (
        (stage IN ('requested', 'released', 'accepted') OR current_setting('padan.level', true) = 'nation')
        AND in_scope(province, regency, district, village)
    )
    OR EXISTS (SELECT FROM household_view h WHERE h.household_id = relocation_view.household_id)
);
-- Moves are looked for by both of their ends: without, each look read every move and every household of the nation.
CREATE INDEX relocation_view_origin ON relocation_view (from_regency, due_at);
