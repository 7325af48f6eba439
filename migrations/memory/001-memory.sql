-- One set of tables a store: a query touches only what its reader may see.

-- Small durable facts of this file: cursors, the tombstone key, the embedding in force.
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What was let go to a wider store, and by whom.
CREATE TABLE promotion (
  id INTEGER PRIMARY KEY,
  from_uid TEXT NOT NULL,
  to_uid TEXT NOT NULL,
  from_store TEXT NOT NULL,
  to_store TEXT NOT NULL,
  by_person TEXT,
  at INTEGER NOT NULL
) STRICT;

-- social
CREATE TABLE mem_social (
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
CREATE INDEX mem_social_hash ON mem_social (hash) WHERE kind = 'fact';
CREATE INDEX mem_social_session ON mem_social (session, pos) WHERE session IS NOT NULL;
CREATE INDEX mem_social_at ON mem_social (at);
CREATE INDEX mem_social_fact ON mem_social (recorded_at) WHERE kind <> 'turn';
CREATE INDEX mem_social_pinned ON mem_social (confirmed_at) WHERE pinned = 1;
CREATE INDEX mem_social_ended ON mem_social (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX mem_social_superseded ON mem_social (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE VIRTUAL TABLE fts_social USING fts5(norm, near, meta, content = 'mem_social', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO fts_social (fts_social, rank) VALUES ('secure-delete', 1);
INSERT INTO fts_social (fts_social, rank) VALUES ('rank', 'bm25(1.0, 0.2, 0.6)');
CREATE VIRTUAL TABLE voc_social USING fts5vocab('fts_social', 'row');
CREATE TABLE size_social (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;
INSERT INTO size_social VALUES (1, 0, 0);
CREATE TABLE person_social (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE name_social (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) STRICT, WITHOUT ROWID;
CREATE TABLE alias_social (alias TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (alias, person)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_social (fact TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (fact, turn)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_social_turn ON evidence_social (turn);
CREATE TABLE tombstone_social (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE archive_social (
  uid TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  row TEXT NOT NULL,                  -- the whole row as JSON
  archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_social_at ON archive_social (archived_at);
CREATE TABLE embedded_social (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE captured_social (session TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER mem_social_insert AFTER INSERT ON mem_social BEGIN
  INSERT INTO fts_social (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_social SET rows = rows + 1, terms = terms + NEW.len;
END;
CREATE TRIGGER mem_social_delete AFTER DELETE ON mem_social BEGIN
  INSERT INTO fts_social (fts_social, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  UPDATE size_social SET rows = rows - 1, terms = terms - OLD.len;
END;
CREATE TRIGGER mem_social_update AFTER UPDATE OF norm, near, meta ON mem_social BEGIN
  INSERT INTO fts_social (fts_social, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  INSERT INTO fts_social (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_social SET terms = terms - OLD.len + NEW.len;
END;

-- shared
CREATE TABLE mem_shared (
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
CREATE INDEX mem_shared_hash ON mem_shared (hash) WHERE kind = 'fact';
CREATE INDEX mem_shared_session ON mem_shared (session, pos) WHERE session IS NOT NULL;
CREATE INDEX mem_shared_at ON mem_shared (at);
CREATE INDEX mem_shared_fact ON mem_shared (recorded_at) WHERE kind <> 'turn';
CREATE INDEX mem_shared_pinned ON mem_shared (confirmed_at) WHERE pinned = 1;
CREATE INDEX mem_shared_ended ON mem_shared (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX mem_shared_superseded ON mem_shared (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE VIRTUAL TABLE fts_shared USING fts5(norm, near, meta, content = 'mem_shared', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO fts_shared (fts_shared, rank) VALUES ('secure-delete', 1);
INSERT INTO fts_shared (fts_shared, rank) VALUES ('rank', 'bm25(1.0, 0.2, 0.6)');
CREATE VIRTUAL TABLE voc_shared USING fts5vocab('fts_shared', 'row');
CREATE TABLE size_shared (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;
INSERT INTO size_shared VALUES (1, 0, 0);
CREATE TABLE person_shared (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE name_shared (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) STRICT, WITHOUT ROWID;
CREATE TABLE alias_shared (alias TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (alias, person)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_shared (fact TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (fact, turn)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_shared_turn ON evidence_shared (turn);
CREATE TABLE tombstone_shared (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE archive_shared (
  uid TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  row TEXT NOT NULL,                  -- the whole row as JSON
  archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_shared_at ON archive_shared (archived_at);
CREATE TABLE embedded_shared (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE captured_shared (session TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER mem_shared_insert AFTER INSERT ON mem_shared BEGIN
  INSERT INTO fts_shared (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_shared SET rows = rows + 1, terms = terms + NEW.len;
END;
CREATE TRIGGER mem_shared_delete AFTER DELETE ON mem_shared BEGIN
  INSERT INTO fts_shared (fts_shared, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  UPDATE size_shared SET rows = rows - 1, terms = terms - OLD.len;
END;
CREATE TRIGGER mem_shared_update AFTER UPDATE OF norm, near, meta ON mem_shared BEGIN
  INSERT INTO fts_shared (fts_shared, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  INSERT INTO fts_shared (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_shared SET terms = terms - OLD.len + NEW.len;
END;

-- private
CREATE TABLE mem_private (
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
CREATE INDEX mem_private_hash ON mem_private (hash) WHERE kind = 'fact';
CREATE INDEX mem_private_session ON mem_private (session, pos) WHERE session IS NOT NULL;
CREATE INDEX mem_private_at ON mem_private (at);
CREATE INDEX mem_private_fact ON mem_private (recorded_at) WHERE kind <> 'turn';
CREATE INDEX mem_private_pinned ON mem_private (confirmed_at) WHERE pinned = 1;
CREATE INDEX mem_private_ended ON mem_private (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX mem_private_superseded ON mem_private (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE VIRTUAL TABLE fts_private USING fts5(norm, near, meta, content = 'mem_private', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
INSERT INTO fts_private (fts_private, rank) VALUES ('secure-delete', 1);
INSERT INTO fts_private (fts_private, rank) VALUES ('rank', 'bm25(1.0, 0.2, 0.6)');
CREATE VIRTUAL TABLE voc_private USING fts5vocab('fts_private', 'row');
CREATE TABLE size_private (one INTEGER PRIMARY KEY CHECK (one = 1), rows INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;
INSERT INTO size_private VALUES (1, 0, 0);
CREATE TABLE person_private (name TEXT PRIMARY KEY, rows INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE name_private (term TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (term, name)) STRICT, WITHOUT ROWID;
CREATE TABLE alias_private (alias TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (alias, person)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_private (fact TEXT NOT NULL, turn TEXT NOT NULL, PRIMARY KEY (fact, turn)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_private_turn ON evidence_private (turn);
CREATE TABLE tombstone_private (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE archive_private (
  uid TEXT PRIMARY KEY,
  terms TEXT NOT NULL,
  row TEXT NOT NULL,                  -- the whole row as JSON
  archived_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_private_at ON archive_private (archived_at);
CREATE TABLE embedded_private (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE captured_private (session TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TRIGGER mem_private_insert AFTER INSERT ON mem_private BEGIN
  INSERT INTO fts_private (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_private SET rows = rows + 1, terms = terms + NEW.len;
END;
CREATE TRIGGER mem_private_delete AFTER DELETE ON mem_private BEGIN
  INSERT INTO fts_private (fts_private, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  UPDATE size_private SET rows = rows - 1, terms = terms - OLD.len;
END;
CREATE TRIGGER mem_private_update AFTER UPDATE OF norm, near, meta ON mem_private BEGIN
  INSERT INTO fts_private (fts_private, rowid, norm, near, meta) VALUES ('delete', OLD.id, OLD.norm, OLD.near, OLD.meta);
  INSERT INTO fts_private (rowid, norm, near, meta) VALUES (NEW.id, NEW.norm, NEW.near, NEW.meta);
  UPDATE size_private SET terms = terms - OLD.len + NEW.len;
END;
