-- Lists that are held against the register: who sent each, why, and whether its read was logged and it has ended.
CREATE TABLE list_check (
    check_id  uuid PRIMARY KEY,
    subject   text NOT NULL,
    role      text NOT NULL,
    purpose   text NOT NULL,
    province  text COLLATE "C",
    regency   text COLLATE "C",
    district  text COLLATE "C",
    village   text COLLATE "C",
    sent_at   timestamptz NOT NULL DEFAULT now(),
    logged_at timestamptz,
    ended_at  timestamptz
);
CREATE INDEX list_check_open ON list_check (sent_at) WHERE ended_at IS NULL;

ALTER TABLE list_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE list_check FORCE ROW LEVEL SECURITY;
-- The work on it goes on without its sender; what it reads of people, it reads as the sender.
CREATE POLICY working ON list_check TO gateway_writer USING (true) WITH CHECK (true);
CREATE POLICY scoped ON list_check FOR SELECT TO gateway_reader
    USING (in_scope(province, regency, district, village));
CREATE POLICY own_check ON list_check FOR INSERT TO gateway_reader WITH CHECK (
    subject = current_setting('padan.subject', true) AND in_scope(province, regency, district, village)
);
CREATE POLICY own_log ON list_check FOR UPDATE TO gateway_reader USING (
    subject = current_setting('padan.subject', true) AND in_scope(province, regency, district, village)
);
GRANT SELECT, INSERT, UPDATE (logged_at) ON list_check TO gateway_reader;

-- How many rows of a file or list were read, where the people in it are not known one by one.
ALTER TABLE access_log ADD COLUMN rows integer;
