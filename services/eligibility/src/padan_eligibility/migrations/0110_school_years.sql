-- The first day on which a level of school that was told is not known any more; null: told before this was kept, or none.
ALTER TABLE person_fact ADD COLUMN school_until date;
