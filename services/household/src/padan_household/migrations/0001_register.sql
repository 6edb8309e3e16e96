-- The event store, the outcomes of reports, and who holds which NIK.
SELECT create_log('household.events.v1', true);
SELECT create_log('household.outcomes.v1', false);

-- One NIK, one household. Written in the transaction that appends; the hash is keyed, the NIK stands nowhere.
CREATE TABLE person_claim (
    nik_hash       bytea   PRIMARY KEY CHECK (length(nik_hash) = 32),
    person_id      uuid    NOT NULL,
    household_id   uuid    NOT NULL,
    membership_seq integer NOT NULL
);

-- Answers to people's commands, written in the transaction that decided them, refusals included: the same key with the
-- same content gets the same answer, with other content it is refused. Reports that arrive in bulk need no row here:
-- their idempotency is their position in registry.intake.v1, which moves in the transaction that decides them, and
-- behind it the outcome, of which a report id has exactly one.
CREATE TABLE command (
    actor           text        NOT NULL,
    idempotency_key text        NOT NULL,
    request_digest  bytea       NOT NULL,
    outcome         jsonb       NOT NULL,
    decided_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, idempotency_key)
);
