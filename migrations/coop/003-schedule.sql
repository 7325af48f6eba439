-- Jobs set by chat, what became of each due time, and every configuration that was in force.

CREATE TABLE job (
  id TEXT PRIMARY KEY,                -- short, typed by people
  person TEXT NOT NULL,               -- who made it and owns it
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('task', 'reminder')),
  text TEXT NOT NULL,
  cron TEXT,                          -- the rule of a recurring one
  at INTEGER,                         -- the time of a single one
  timezone TEXT NOT NULL,
  place TEXT,                         -- the group it answers in; null for the person's own channels
  grant_json TEXT NOT NULL,           -- what was open when it was made
  state TEXT NOT NULL CHECK (state IN ('active', 'done', 'cancelled')),
  call_id TEXT NOT NULL UNIQUE,       -- the tool call that made it
  created_at INTEGER NOT NULL,
  CHECK ((cron IS NULL) <> (at IS NULL))
) STRICT;
CREATE INDEX job_active ON job (person) WHERE state = 'active';

-- Up to when the due times of a job are accounted for. A changed rule begins anew.
CREATE TABLE job_cursor (
  job TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  cursor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a due time; one row for a stretch of them that was missed.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  job TEXT NOT NULL,
  name TEXT NOT NULL,
  person TEXT,
  due INTEGER NOT NULL,
  last INTEGER NOT NULL,              -- of a stretch; else the same as due
  count INTEGER,                      -- due times in it; null when there were too many to count
  state TEXT NOT NULL CHECK (state IN ('due', 'running', 'retry', 'sending', 'delivered', 'silent', 'failed', 'missed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER,                    -- of a retry
  inbox INTEGER,
  turn TEXT,
  reason TEXT,
  told INTEGER NOT NULL DEFAULT 0,    -- its person knows that it did not reach them
  ended_at INTEGER,
  UNIQUE (job, due)
) STRICT;
CREATE INDEX run_open ON run (state) WHERE state IN ('due', 'running', 'retry', 'sending');
CREATE INDEX run_untold ON run (id) WHERE told = 0 AND state IN ('failed', 'missed');
CREATE INDEX run_turn ON run (turn) WHERE turn IS NOT NULL;

CREATE TABLE generation (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT,                           -- person id; null for the file itself and for Coop
  via TEXT NOT NULL CHECK (via IN ('file', 'chat', 'terminal', 'coop')),
  why TEXT NOT NULL,
  diff TEXT NOT NULL,                 -- JSON lines that people read
  text TEXT NOT NULL,                 -- the whole coop.toml
  state TEXT NOT NULL CHECK (state IN ('probation', 'kept', 'rolled_back')),
  reason TEXT,
  call_id TEXT UNIQUE
) STRICT;

CREATE INDEX spend_person ON spend (person, at);
