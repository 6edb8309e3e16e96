-- Of whom registers outside were asked before a command was answered, as the keyed hash of a NIK: what they say of a
-- person is a read of that person's data, and an auditor finds here who caused it, and when.
ALTER TABLE command ADD COLUMN asked_about bytea CHECK (length(asked_about) = 32);
