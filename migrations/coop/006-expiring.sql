-- What disappears from the chat it was written in disappears here too.

-- The earliest time at which a message may have to go; its turn may put it off.
CREATE INDEX inbox_expiring ON inbox (received_at + (body ->> '$.expiresMs')) WHERE body ->> '$.expiresMs' IS NOT NULL;

-- When a sent part disappears from its chat.
ALTER TABLE outbox ADD COLUMN expires_at INTEGER;
CREATE INDEX outbox_expiring ON outbox (expires_at) WHERE expires_at IS NOT NULL;

-- What was heard or said outside a turn, by the message it belongs to.
CREATE INDEX entry_loose ON entry (trace) WHERE turn IS NULL;

-- Files that came with such messages, by their path in the workspace.
CREATE TABLE expiring_file (
  inbox INTEGER NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (inbox, path)
) STRICT, WITHOUT ROWID;
