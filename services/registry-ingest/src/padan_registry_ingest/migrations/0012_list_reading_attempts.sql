-- How many processes have died while they read the list: one that ends in any other way takes its own back.
ALTER TABLE list_check ADD COLUMN reading_attempts smallint NOT NULL DEFAULT 0;
