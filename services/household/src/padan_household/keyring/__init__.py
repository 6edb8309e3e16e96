"""The keyring: keys of subjects and of intake days, in a database of its own with backups of its own."""
