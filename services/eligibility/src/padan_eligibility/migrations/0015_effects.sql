-- One who died is still a person of the household, and counts for nothing.
ALTER TABLE person_fact ADD COLUMN died_on date;
