-- A NIK that was held by a household which left the register keeps its row: whoever proposes the person again takes it
-- over with the same person and a larger membership_seq, so that readers who keep one row a person follow in any order.
ALTER TABLE person_claim ADD COLUMN released boolean NOT NULL DEFAULT false;
CREATE INDEX person_claim_household ON person_claim (household_id);

-- What comes due by itself. Derived from the household, in the transaction that appends: nothing is lost while nobody
-- runs to see it come due.
CREATE TABLE deadline (
    household_id uuid        NOT NULL,
    kind         text        NOT NULL,
    due_at       timestamptz NOT NULL,
    PRIMARY KEY (household_id, kind)
);
CREATE INDEX deadline_due ON deadline (due_at);
