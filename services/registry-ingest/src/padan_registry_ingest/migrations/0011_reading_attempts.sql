-- How many processes have died while they opened and split the file: one that ends in any other way takes its own back.
ALTER TABLE upload ADD COLUMN reading_attempts smallint NOT NULL DEFAULT 0;
