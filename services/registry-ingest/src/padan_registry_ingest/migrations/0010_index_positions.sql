-- The event that proposed each household, so that the index can be held against the store. Rows from before have none
-- until the index is rebuilt: reconciliation names them.
ALTER TABLE household_index ADD COLUMN shard smallint, ADD COLUMN pos bigint;
