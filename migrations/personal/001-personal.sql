-- One person's own memory, one set of tables for each level it was said at.

-- Small durable facts of this file: cursors, the tombstone key, the embedding in force.
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- familiar
CREATE TABLE mem_familiar (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,           -- random, the only name people and models see
  key TEXT UNIQUE,                    -- idempotency: the same write again is the same row
  kind TEXT NOT NULL CHECK (kind IN ('turn', 'fact', 'summary')),
  title TEXT,
  body TEXT NOT NULL,
  norm TEXT NOT NULL,                 -- index terms of title and body
  near TEXT NOT NULL DEFAULT '',      -- index terms of the turns before and after, of this store and session
  meta TEXT NOT NULL DEFAULT '',      -- index terms of speaker, people and dates
  len INTEGER NOT NULL,               -- how many index terms in all
  said_by TEXT,
  author TEXT,                        -- person id of who said or asked for it
  people TEXT NOT NULL DEFAULT '[]',  -- JSON array of names it is about
  session TEXT,
  seq INTEGER,                        -- as given
  pos INTEGER,                        -- place in the session as stored here, without gaps
  at INTEGER NOT NULL,                -- when it was said
  event_from INTEGER,                 -- when it happened
  event_to INTEGER,
  event_precision TEXT,
  valid_from INTEGER,                 -- when it was true
  valid_to INTEGER,
  superseded_by TEXT,
  recorded_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  confirmations INTEGER NOT NULL DEFAULT 1,
  used_at INTEGER,                    -- last time it entered a prompt or an answer
  pinned INTEGER NOT NULL DEFAULT 0,
  origin TEXT NOT NULL,               -- said, tool, inferred, imported
  origin_trust TEXT NOT NULL,
  hash BLOB NOT NULL,
  ref TEXT,                           -- the importer's own id
  entry INTEGER,                      -- the transcript entry it was taken from
  asks REAL NOT NULL DEFAULT 0,       -- share of sentences that are questions
  tells_time INTEGER NOT NULL DEFAULT 0,
  tells_number INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mem_familiar_hash ON mem_familiar (hash) WHERE kind = 'fact';
CREATE INDEX mem_familiar_session ON mem_familiar (session, pos) WHERE session IS NOT NULL;
CREATE INDEX mem_familiar_at ON mem_familiar (at);
CREATE INDEX mem_familiar_fact ON mem_familiar (recorded_at) WHERE kind <> 'turn';
CREATE INDEX mem_familiar_pinned ON mem_familiar (confirmed_at) WHERE pinned = 1;
CREATE INDEX mem_familiar_ended ON mem_familiar (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX mem_familiar_superseded ON mem_familiar (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE VIRTUAL TABLE fts_familiar USING fts5(norm, near, meta, content = 'mem_familiar', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO fts_familiar (fts_familiar, rank) VALUES ('secure-delete', 1);
INSERT INTO fts_familiar (fts_familiar, rank) VALUES ('rank', 'bm25(1.0, 0.2, 0.6)');
CREATE VIRTUAL TABLE voc_familiar USING fts5vocab('fts_familiar', 'row');
CREATE TABLE size_familiar (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;
INSERT INTO size_familiar VALUES (1, 0, 0);
CREATE TABLE person_familiar (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE name_familiar (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) STRICT, WITHOUT ROWID;
CREATE TABLE alias_familiar (alias TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (alias, person)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_familiar (fact TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (fact, turn)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_familiar_turn ON evidence_familiar (turn);
CREATE TABLE tombstone_familiar (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE archive_familiar (
  uid TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  row TEXT NOT NULL,                  -- the whole row as JSON
  archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_familiar_at ON archive_familiar (archived_at);
CREATE TABLE embedded_familiar (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE captured_familiar (session TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER mem_familiar_insert AFTER INSERT ON mem_familiar BEGIN
  INSERT INTO fts_familiar (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_familiar SET rows = rows + 1, terms = terms + NEW.len;
END;
CREATE TRIGGER mem_familiar_delete AFTER DELETE ON mem_familiar BEGIN
  INSERT INTO fts_familiar (fts_familiar, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  UPDATE size_familiar SET rows = rows - 1, terms = terms - OLD.len;
END;
CREATE TRIGGER mem_familiar_update AFTER UPDATE OF norm, near, meta ON mem_familiar BEGIN
  INSERT INTO fts_familiar (fts_familiar, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  INSERT INTO fts_familiar (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_familiar SET terms = terms - OLD.len + NEW.len;
END;

-- inner
CREATE TABLE mem_inner (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,           -- random, the only name people and models see
  key TEXT UNIQUE,                    -- idempotency: the same write again is the same row
  kind TEXT NOT NULL CHECK (kind IN ('turn', 'fact', 'summary')),
  title TEXT,
  body TEXT NOT NULL,
  norm TEXT NOT NULL,                 -- index terms of title and body
  near TEXT NOT NULL DEFAULT '',      -- index terms of the turns before and after, of this store and session
  meta TEXT NOT NULL DEFAULT '',      -- index terms of speaker, people and dates
  len INTEGER NOT NULL,               -- how many index terms in all
  said_by TEXT,
  author TEXT,                        -- person id of who said or asked for it
  people TEXT NOT NULL DEFAULT '[]',  -- JSON array of names it is about
  session TEXT,
  seq INTEGER,                        -- as given
  pos INTEGER,                        -- place in the session as stored here, without gaps
  at INTEGER NOT NULL,                -- when it was said
  event_from INTEGER,                 -- when it happened
  event_to INTEGER,
  event_precision TEXT,
  valid_from INTEGER,                 -- when it was true
  valid_to INTEGER,
  superseded_by TEXT,
  recorded_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  confirmations INTEGER NOT NULL DEFAULT 1,
  used_at INTEGER,                    -- last time it entered a prompt or an answer
  pinned INTEGER NOT NULL DEFAULT 0,
  origin TEXT NOT NULL,               -- said, tool, inferred, imported
  origin_trust TEXT NOT NULL,
  hash BLOB NOT NULL,
  ref TEXT,                           -- the importer's own id
  entry INTEGER,                      -- the transcript entry it was taken from
  asks REAL NOT NULL DEFAULT 0,       -- share of sentences that are questions
  tells_time INTEGER NOT NULL DEFAULT 0,
  tells_number INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mem_inner_hash ON mem_inner (hash) WHERE kind = 'fact';
CREATE INDEX mem_inner_session ON mem_inner (session, pos) WHERE session IS NOT NULL;
CREATE INDEX mem_inner_at ON mem_inner (at);
CREATE INDEX mem_inner_fact ON mem_inner (recorded_at) WHERE kind <> 'turn';
CREATE INDEX mem_inner_pinned ON mem_inner (confirmed_at) WHERE pinned = 1;
CREATE INDEX mem_inner_ended ON mem_inner (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX mem_inner_superseded ON mem_inner (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE VIRTUAL TABLE fts_inner USING fts5(norm, near, meta, content = 'mem_inner', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO fts_inner (fts_inner, rank) VALUES ('secure-delete', 1);
INSERT INTO fts_inner (fts_inner, rank) VALUES ('rank', 'bm25(1.0, 0.2, 0.6)');
CREATE VIRTUAL TABLE voc_inner USING fts5vocab('fts_inner', 'row');
CREATE TABLE size_inner (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;
INSERT INTO size_inner VALUES (1, 0, 0);
CREATE TABLE person_inner (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE name_inner (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) STRICT, WITHOUT ROWID;
CREATE TABLE alias_inner (alias TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (alias, person)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_inner (fact TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (fact, turn)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_inner_turn ON evidence_inner (turn);
CREATE TABLE tombstone_inner (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE archive_inner (
  uid TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  row TEXT NOT NULL,                  -- the whole row as JSON
  archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_inner_at ON archive_inner (archived_at);
CREATE TABLE embedded_inner (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE captured_inner (session TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER mem_inner_insert AFTER INSERT ON mem_inner BEGIN
  INSERT INTO fts_inner (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_inner SET rows = rows + 1, terms = terms + NEW.len;
END;
CREATE TRIGGER mem_inner_delete AFTER DELETE ON mem_inner BEGIN
  INSERT INTO fts_inner (fts_inner, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  UPDATE size_inner SET rows = rows - 1, terms = terms - OLD.len;
END;
CREATE TRIGGER mem_inner_update AFTER UPDATE OF norm, near, meta ON mem_inner BEGIN
  INSERT INTO fts_inner (fts_inner, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  INSERT INTO fts_inner (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_inner SET terms = terms - OLD.len + NEW.len;
END;

-- full
CREATE TABLE mem_full (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,           -- random, the only name people and models see
  key TEXT UNIQUE,                    -- idempotency: the same write again is the same row
  kind TEXT NOT NULL CHECK (kind IN ('turn', 'fact', 'summary')),
  title TEXT,
  body TEXT NOT NULL,
  norm TEXT NOT NULL,                 -- index terms of title and body
  near TEXT NOT NULL DEFAULT '',      -- index terms of the turns before and after, of this store and session
  meta TEXT NOT NULL DEFAULT '',      -- index terms of speaker, people and dates
  len INTEGER NOT NULL,               -- how many index terms in all
  said_by TEXT,
  author TEXT,                        -- person id of who said or asked for it
  people TEXT NOT NULL DEFAULT '[]',  -- JSON array of names it is about
  session TEXT,
  seq INTEGER,                        -- as given
  pos INTEGER,                        -- place in the session as stored here, without gaps
  at INTEGER NOT NULL,                -- when it was said
  event_from INTEGER,                 -- when it happened
  event_to INTEGER,
  event_precision TEXT,
  valid_from INTEGER,                 -- when it was true
  valid_to INTEGER,
  superseded_by TEXT,
  recorded_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  confirmations INTEGER NOT NULL DEFAULT 1,
  used_at INTEGER,                    -- last time it entered a prompt or an answer
  pinned INTEGER NOT NULL DEFAULT 0,
  origin TEXT NOT NULL,               -- said, tool, inferred, imported
  origin_trust TEXT NOT NULL,
  hash BLOB NOT NULL,
  ref TEXT,                           -- the importer's own id
  entry INTEGER,                      -- the transcript entry it was taken from
  asks REAL NOT NULL DEFAULT 0,       -- share of sentences that are questions
  tells_time INTEGER NOT NULL DEFAULT 0,
  tells_number INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mem_full_hash ON mem_full (hash) WHERE kind = 'fact';
CREATE INDEX mem_full_session ON mem_full (session, pos) WHERE session IS NOT NULL;
CREATE INDEX mem_full_at ON mem_full (at);
CREATE INDEX mem_full_fact ON mem_full (recorded_at) WHERE kind <> 'turn';
CREATE INDEX mem_full_pinned ON mem_full (confirmed_at) WHERE pinned = 1;
CREATE INDEX mem_full_ended ON mem_full (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX mem_full_superseded ON mem_full (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE VIRTUAL TABLE fts_full USING fts5(norm, near, meta, content = 'mem_full', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO fts_full (fts_full, rank) VALUES ('secure-delete', 1);
INSERT INTO fts_full (fts_full, rank) VALUES ('rank', 'bm25(1.0, 0.2, 0.6)');
CREATE VIRTUAL TABLE voc_full USING fts5vocab('fts_full', 'row');
CREATE TABLE size_full (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;
INSERT INTO size_full VALUES (1, 0, 0);
CREATE TABLE person_full (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE name_full (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) STRICT, WITHOUT ROWID;
CREATE TABLE alias_full (alias TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (alias, person)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_full (fact TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (fact, turn)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_full_turn ON evidence_full (turn);
CREATE TABLE tombstone_full (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE archive_full (
  uid TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  row TEXT NOT NULL,                  -- the whole row as JSON
  archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_full_at ON archive_full (archived_at);
CREATE TABLE embedded_full (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE captured_full (session TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER mem_full_insert AFTER INSERT ON mem_full BEGIN
  INSERT INTO fts_full (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_full SET rows = rows + 1, terms = terms + NEW.len;
END;
CREATE TRIGGER mem_full_delete AFTER DELETE ON mem_full BEGIN
  INSERT INTO fts_full (fts_full, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  UPDATE size_full SET rows = rows - 1, terms = terms - OLD.len;
END;
CREATE TRIGGER mem_full_update AFTER UPDATE OF norm, near, meta ON mem_full BEGIN
  INSERT INTO fts_full (fts_full, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  INSERT INTO fts_full (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_full SET terms = terms - OLD.len + NEW.len;
END;
