-- Whether a confirmed answer of its village ended a family's aid, and which programmes it left by its own request ('*': all
-- that it is not proposed for since).
ALTER TABLE household_fact
    ADD COLUMN aid_ended boolean NOT NULL DEFAULT false,
    ADD COLUMN resigned text[] NOT NULL DEFAULT '{}';
