-- Where the text of the workspace's files came from, as far as tools wrote it.

CREATE TABLE file_origin (
  inode TEXT PRIMARY KEY,             -- device:inode, which a new name does not change
  birth TEXT NOT NULL,                -- when that inode was made: its number may be given away again
  changed TEXT NOT NULL,              -- its last change when this was written down
  path TEXT NOT NULL,                 -- its name then, for people
  origin TEXT NOT NULL CHECK (origin IN ('outside', 'derived', 'public', 'familiar', 'inner', 'full', 'agent')),
  labels TEXT NOT NULL,               -- the compartments that were open when it was written
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX file_outside ON file_origin (inode) WHERE origin = 'outside';

-- What is being written now, or was when it broke off: until that is settled, whatever changed between counts as this.
CREATE TABLE file_writing (
  id INTEGER PRIMARY KEY,
  since TEXT NOT NULL,
  until TEXT,                         -- when it broke off; null while it runs
  origin TEXT NOT NULL,
  labels TEXT NOT NULL
) STRICT;
