-- Facts that policies may ask for since: for which programmes a family was proposed, and what the civil registry differs in
-- (null: it was never asked about the person).
ALTER TABLE household_fact ADD COLUMN proposed_for text[] NOT NULL DEFAULT '{}';
ALTER TABLE person_fact ADD COLUMN identity_conflicts text[];
