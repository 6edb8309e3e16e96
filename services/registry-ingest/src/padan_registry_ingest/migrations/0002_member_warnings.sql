-- Members of a registration that belong to no row, counted by warning.
ALTER TABLE upload ADD COLUMN member_warnings jsonb NOT NULL DEFAULT '{}';
