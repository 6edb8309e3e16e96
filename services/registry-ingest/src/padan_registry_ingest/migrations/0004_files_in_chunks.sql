-- A file is split into chunks as soon as it is read. Each is judged, and reported, by itself: nothing grows with the file.
CREATE TABLE batch_work (
    upload_id uuid NOT NULL REFERENCES upload,
    first_row integer NOT NULL,
    last_row  integer NOT NULL,
    rows      bytea STORAGE EXTERNAL NOT NULL,  -- sealed: the rows' values and what is wrong with each by itself
    members   bytea STORAGE EXTERNAL,           -- sealed: the values of their members
    verdict   bytea,                            -- Parquet: row, reasons, warnings, household; nothing of a person
    PRIMARY KEY (upload_id, first_row)
);
ALTER TABLE upload DROP COLUMN verdict;
-- Sealed: what the rows that may repeat each other lay claim to. Not null: every chunk of the file is kept.
ALTER TABLE upload ADD COLUMN claims bytea;
-- Parquet: row, reasons that duplicates add. Not null: every row has been judged.
ALTER TABLE upload ADD COLUMN duplicates bytea;
