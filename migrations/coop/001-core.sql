-- What arrived, what was said, what has to go out, and what waits.

CREATE TABLE inbox (
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,
  body TEXT NOT NULL,                 -- the Inbound as JSON
  received_at INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'running', 'answered', 'heard', 'ignored', 'failed')),
  session TEXT,
  turn TEXT,
  reason TEXT,
  trace TEXT NOT NULL,
  UNIQUE (channel, external_id)
) STRICT;
CREATE INDEX inbox_open ON inbox (id) WHERE state IN ('new', 'running');
CREATE INDEX inbox_turn ON inbox (turn) WHERE turn IS NOT NULL;

CREATE TABLE session (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('direct', 'group', 'job', 'subagent')),
  person TEXT,                        -- whose it is; null for a group
  title TEXT,
  epoch INTEGER NOT NULL DEFAULT 0,
  window_from INTEGER NOT NULL DEFAULT 0,  -- older entries no longer enter the prompt
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_updated ON session (updated_at);

CREATE TABLE turn (
  id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'waiting', 'done', 'failed', 'stopped')),
  grant_json TEXT NOT NULL,
  reason TEXT,
  usage TEXT,
  model TEXT,
  last_entry INTEGER,
  trace TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX turn_open ON turn (state) WHERE state IN ('running', 'waiting');
CREATE INDEX turn_session ON turn (session, started_at);

CREATE TABLE entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  session TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  turn TEXT,
  role TEXT NOT NULL CHECK (role IN ('user', 'heard', 'assistant', 'tool', 'summary', 'notice')),
  author TEXT,
  body TEXT NOT NULL,                 -- blocks as JSON
  labels TEXT NOT NULL,               -- compartments open when it was made, JSON array
  origin TEXT NOT NULL CHECK (origin IN ('outside', 'derived', 'public', 'familiar', 'inner', 'full', 'agent')),
  call_id TEXT,                       -- of a tool entry
  state TEXT CHECK (state IN ('planned', 'running', 'waiting', 'done', 'unknown')),
  undone INTEGER NOT NULL DEFAULT 0,
  trace TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX entry_session ON entry (session, epoch, id);
CREATE INDEX entry_turn ON entry (turn, id);

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  lane TEXT NOT NULL,                 -- the place's key: parts go out in order within it
  body TEXT NOT NULL,                 -- the Outbound as JSON, its key left out
  labels TEXT NOT NULL,               -- the seal
  grant_json TEXT NOT NULL,
  turn TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'refused')),
  attempts INTEGER NOT NULL DEFAULT 0,
  repeated INTEGER NOT NULL DEFAULT 0, -- was in flight at a crash and sent again
  next_at INTEGER NOT NULL DEFAULT 0,
  external_id TEXT,
  error TEXT,
  trace TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
CREATE INDEX outbox_open ON outbox (lane, id) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_turn ON outbox (turn);

CREATE TABLE approval (
  id TEXT PRIMARY KEY,                -- short, typed by people
  turn TEXT NOT NULL,
  session TEXT NOT NULL,
  call_id TEXT NOT NULL,
  tool TEXT NOT NULL,
  args_hash TEXT NOT NULL,
  question TEXT NOT NULL,
  asked TEXT NOT NULL,                -- person id
  needs TEXT NOT NULL,                -- the lowest level that may answer
  state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'denied', 'expired', 'used')),
  answered_by TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (turn, call_id)
) STRICT;
CREATE INDEX approval_open ON approval (expires_at) WHERE state = 'open';

-- Text approved for somebody else: who let it go, and to whom.
CREATE TABLE release (
  id INTEGER PRIMARY KEY,
  outbox_key TEXT NOT NULL,
  by_person TEXT NOT NULL,
  to_person TEXT NOT NULL,
  from_labels TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE pairing (
  code TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  sender TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'denied')),
  created_at INTEGER NOT NULL,
  UNIQUE (channel, sender)
) STRICT;

-- What people set by chat, and small durable facts of the gateway.
CREATE TABLE setting (
  scope TEXT NOT NULL,                -- person:<id>, session:<id>, gateway
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- What entered a model request, and who could read the reply.
CREATE TABLE disclosure (
  id INTEGER PRIMARY KEY,
  session TEXT NOT NULL,
  turn TEXT NOT NULL,
  kind TEXT NOT NULL,                 -- memory, file
  ref TEXT NOT NULL,
  labels TEXT NOT NULL,
  audience TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (turn, kind, ref)
) STRICT;
CREATE INDEX disclosure_at ON disclosure (at);

CREATE TABLE spend (
  id INTEGER PRIMARY KEY,
  turn TEXT NOT NULL,
  person TEXT,
  level TEXT NOT NULL,
  job TEXT,
  model TEXT NOT NULL,
  input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  usd REAL NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX spend_at ON spend (at);
