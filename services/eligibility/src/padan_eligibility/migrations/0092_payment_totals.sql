-- What the lines of a list come to, by regency and status: rows that sum to it, one more for each statement that changes
-- lines, in its transaction. Only added to, so that nobody waits for anybody; put together now and then.
CREATE TABLE payment_total (
    list_id    uuid    NOT NULL,
    regency    text    COLLATE "C" NOT NULL,
    status     text    COLLATE "C" NOT NULL,
    held       boolean NOT NULL,
    lines      bigint  NOT NULL,
    amount_idr bigint  NOT NULL
);
CREATE INDEX payment_total_list ON payment_total (list_id);

INSERT INTO payment_total (list_id, regency, status, held, lines, amount_idr)
SELECT list_id, regency, status, holds <> '{}', count(*), sum(amount_idr) FROM payment_line GROUP BY 1, 2, 3, 4;

CREATE FUNCTION count_payment_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO payment_total (list_id, regency, status, held, lines, amount_idr)
        SELECT list_id, regency, status, holds <> '{}', count(*), sum(amount_idr) FROM now_lines GROUP BY 1, 2, 3, 4;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO payment_total (list_id, regency, status, held, lines, amount_idr)
        SELECT list_id, regency, status, holds <> '{}', -count(*), -sum(amount_idr) FROM before_lines
        GROUP BY 1, 2, 3, 4;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_in AFTER INSERT ON payment_line REFERENCING NEW TABLE AS now_lines
    FOR EACH STATEMENT EXECUTE FUNCTION count_payment_lines();
CREATE TRIGGER counted_anew AFTER UPDATE ON payment_line REFERENCING NEW TABLE AS now_lines OLD TABLE AS before_lines
    FOR EACH STATEMENT EXECUTE FUNCTION count_payment_lines();
CREATE TRIGGER counted_out AFTER DELETE ON payment_line REFERENCING OLD TABLE AS before_lines
    FOR EACH STATEMENT EXECUTE FUNCTION count_payment_lines();
ALTER TABLE payment_line ENABLE ALWAYS TRIGGER counted_in;
ALTER TABLE payment_line ENABLE ALWAYS TRIGGER counted_anew;
ALTER TABLE payment_line ENABLE ALWAYS TRIGGER counted_out;
CREATE TRIGGER kept BEFORE TRUNCATE ON payment_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
