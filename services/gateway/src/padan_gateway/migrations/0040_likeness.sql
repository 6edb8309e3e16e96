-- People who may be the same are looked for among those of a regency who were born about the same time.
CREATE INDEX person_view_born ON person_view (regency, birth_date);
