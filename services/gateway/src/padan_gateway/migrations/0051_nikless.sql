-- Whoever is entered with a NIK may be somebody who was recorded without one: few, and looked for at every entry.
CREATE INDEX person_view_nikless ON person_view (regency, birth_date) WHERE nik_hash IS NULL AND name IS NOT NULL;
-- Most who enter somebody see one village: of its people a few are born about then, of the regency's thousands.
CREATE INDEX person_view_born_here ON person_view (village, birth_date);
