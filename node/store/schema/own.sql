-- Publishing: this node's own memory.

-- What waits to be appended. expected NULL stands for "whatever is there". A sequenced draft keeps its index
-- until its author has read it, and its content no longer; refused says why one can never be sequenced.
-- batch is the number of the first draft of those that are appended together or not at all.
CREATE TABLE draft (
  number INTEGER PRIMARY KEY,
  batch INTEGER,
  log INTEGER NOT NULL REFERENCES log (id),
  op INTEGER NOT NULL,
  id BLOB NOT NULL,
  payload BLOB,
  expected INTEGER,
  reason INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  idx INTEGER,
  refused TEXT
) STRICT;
CREATE INDEX draft_log ON draft (log, number);

-- Where imported records went.
CREATE TABLE import_record (
  log INTEGER NOT NULL REFERENCES log (id),
  format TEXT NOT NULL,
  source TEXT NOT NULL,
  record TEXT NOT NULL,
  id BLOB NOT NULL,
  digest BLOB,
  PRIMARY KEY (log, format, source, record)
) STRICT;
CREATE INDEX import_record_statement ON import_record (log, id);

-- What operators did.
CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  origin TEXT,
  detail TEXT NOT NULL
) STRICT;

-- Who may publish over HTTP; see node.tokens. hash is the SHA-256 of the token; scopes are words with spaces
-- between them.
CREATE TABLE token (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  log INTEGER NOT NULL REFERENCES log (id),
  hash BLOB NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  until TEXT,
  revoked_at INTEGER,
  used_at INTEGER
) STRICT;

-- Which requests were done; see node.posting. request and content are hashes of what was sent and of what is
-- published. expected NULL: a new statement.
CREATE TABLE idempotency (
  token INTEGER NOT NULL REFERENCES token (id),
  key TEXT NOT NULL,
  request BLOB NOT NULL,
  content BLOB NOT NULL,
  id BLOB NOT NULL,
  expected INTEGER,
  at INTEGER NOT NULL,
  PRIMARY KEY (token, key)
) STRICT, WITHOUT ROWID;

-- How showing the checkpoints of own logs to witnesses went; see node.submitting. size is that of the last
-- cosignature.
CREATE TABLE submission (
  log INTEGER NOT NULL REFERENCES log (id),
  vkey TEXT NOT NULL,
  url TEXT NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  last_try INTEGER NOT NULL,
  last_success INTEGER,
  fault TEXT,
  detail TEXT,
  failures INTEGER NOT NULL,
  next_due INTEGER NOT NULL,
  PRIMARY KEY (log, vkey)
) STRICT, WITHOUT ROWID;

-- What this node cosigned last as a witness of each log, followed here or not; see node.witness.
CREATE TABLE witnessed (
  origin TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  time INTEGER NOT NULL,
  note BLOB NOT NULL
) STRICT, WITHOUT ROWID;
