-- Helpers that a turn sent off: who waits for them, and what became of them. Their words are in their own session.

CREATE TABLE subagent (
  id TEXT PRIMARY KEY,                -- short, typed by people
  call_id TEXT NOT NULL UNIQUE,       -- the tool call that sent it off, as turn:call
  turn TEXT NOT NULL,                 -- the turn of that call
  parent TEXT NOT NULL,               -- the session of that turn
  person TEXT NOT NULL,               -- who it works for
  depth INTEGER NOT NULL,
  profile TEXT,
  model TEXT,
  steps INTEGER NOT NULL,             -- the most model calls
  background INTEGER NOT NULL,        -- 1: its answer is a message; 0: its turn waits for it
  grant_json TEXT NOT NULL,           -- at most this is open to it
  origin TEXT NOT NULL,               -- of its task: the worst that the sending turn had read
  inbox INTEGER NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
  answer INTEGER,                     -- the entry that holds what it found
  reason TEXT,                        -- why it ended without
  deadline INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX subagent_open ON subagent (turn) WHERE state = 'running';
CREATE INDEX subagent_person ON subagent (person, created_at);
