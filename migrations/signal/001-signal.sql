-- signal.db: the linked device, its ratchets, and what arrived or must go out, all in one file
-- so that one commit can hold a ratchet step together with the message it decrypted or encrypted.

CREATE TABLE account (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- pending: keys were made and the server may or may not know them.
  state TEXT NOT NULL CHECK (state IN ('pending', 'linked', 'unlinked')),
  aci TEXT NOT NULL,
  pni TEXT,
  number TEXT,
  device INTEGER,
  password TEXT NOT NULL,
  aci_identity BLOB NOT NULL,
  pni_identity BLOB,
  aci_registration INTEGER NOT NULL,
  pni_registration INTEGER NOT NULL,
  profile_key BLOB NOT NULL,
  entropy_pool TEXT,
  master_key BLOB,
  linked_at INTEGER NOT NULL
) STRICT;

-- Small facts that the phone or the server told: receipts on, sender certificate, last key rotation.
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What the protocol library asks to keep, opaque: sessions, prekeys, identities, sender keys.
CREATE TABLE record (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- Messages decrypted and acknowledged, until the core has them.
CREATE TABLE inbound (
  -- Never used twice: the hand-over goes by "after this id".
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  external_id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE person (
  aci TEXT PRIMARY KEY,
  number TEXT,
  contact_name TEXT,
  profile_name TEXT,
  profile_key BLOB,
  profile_fetched_at INTEGER,
  -- 0: the server refused sealed sending; do not try again until the profile key changes.
  sealed INTEGER NOT NULL DEFAULT 1,
  blocked INTEGER NOT NULL DEFAULT 0,
  -- When the identity key was replaced and nobody confirmed it yet.
  unverified_since INTEGER,
  -- They wrote to the phone-number identity; replies prove that both are one account.
  via_pni INTEGER NOT NULL DEFAULT 0,
  expire_timer INTEGER NOT NULL DEFAULT 0,
  expire_version INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
  id TEXT PRIMARY KEY,
  master_key BLOB NOT NULL,
  -- The newest revision anybody mentioned, and the one that members and title are of.
  seen_revision INTEGER NOT NULL DEFAULT 0,
  revision INTEGER,
  title TEXT,
  members TEXT,
  fetched_at INTEGER,
  blocked INTEGER NOT NULL DEFAULT 0,
  expire_timer INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What goes out. Kept after sending, to answer devices that could not decrypt it.
CREATE TABLE outbound (
  key TEXT PRIMARY KEY,
  timestamp INTEGER NOT NULL UNIQUE,
  content BLOB NOT NULL,
  sent_at INTEGER,
  keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a recipient: the bytes for each of their devices, sent again unchanged after a crash.
CREATE TABLE outbound_part (
  key TEXT NOT NULL REFERENCES outbound(key) ON DELETE CASCADE,
  recipient TEXT NOT NULL,
  sealed INTEGER NOT NULL,
  messages TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ready', 'sent', 'gone')),
  attempts INTEGER NOT NULL DEFAULT 0,
  resends INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (key, recipient)
) STRICT, WITHOUT ROWID;
