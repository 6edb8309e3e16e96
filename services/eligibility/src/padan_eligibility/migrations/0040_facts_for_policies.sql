-- Facts that policies may ask for since: what a visit found, and of each person sex and kinds of disability.
ALTER TABLE household_fact ADD COLUMN circumstances jsonb;
ALTER TABLE person_fact ADD COLUMN sex text COLLATE "C", ADD COLUMN disabilities text[] NOT NULL DEFAULT '{}';
