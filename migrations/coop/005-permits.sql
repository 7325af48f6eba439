-- A yes for the next minutes: to calls like the one that was asked about, in one conversation.
CREATE TABLE permit (
  approval TEXT PRIMARY KEY,          -- the question that it came from
  session TEXT NOT NULL,
  clearance TEXT NOT NULL,            -- the fingerprint: what was open, and to whom
  tool TEXT NOT NULL,
  alike TEXT NOT NULL,                -- what makes a call like that one
  words TEXT NOT NULL,                -- the same for people
  until INTEGER                       -- null while nobody gave it
) STRICT, WITHOUT ROWID;
CREATE INDEX permit_given ON permit (session, tool) WHERE until IS NOT NULL;
