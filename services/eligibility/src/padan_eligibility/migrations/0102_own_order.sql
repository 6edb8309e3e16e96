-- The programme's own order of its waiting list, where its policy has one: keys with their values, and of which version.
ALTER TABLE allocation_pending ADD COLUMN own_order jsonb, ADD COLUMN order_of text COLLATE "C";
ALTER TABLE place ADD COLUMN own_order jsonb, ADD COLUMN order_of text COLLATE "C";
