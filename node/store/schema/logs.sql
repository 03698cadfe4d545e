-- The logs that are followed or published here, and what replay found in them: facts, kept for ever.

-- size and root are the head: verified (or, for an own log, appended) and durable. note is the signed
-- checkpoint of note_size with the lines of log and beat; an own head is ahead of it between append and
-- signature. visible is what is served: the note with this node's mirror line. mirror_size and mirror_root
-- are the cosigner's memory; they change by compare-and-swap before a cosignature is made, so that none is
-- ever made for a smaller tree, nor for two roots of one size. unlocked_size is where an operator vouched
-- for the head. shown_size is how far statements are shown: of an own log up to its published checkpoint.
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE,
  own INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  size INTEGER NOT NULL DEFAULT 0,
  root BLOB NOT NULL,
  note BLOB NOT NULL DEFAULT x'',
  note_size INTEGER NOT NULL DEFAULT 0,
  visible BLOB NOT NULL DEFAULT x'',
  visible_size INTEGER NOT NULL DEFAULT 0,
  mirror_size INTEGER NOT NULL DEFAULT 0,
  mirror_root BLOB NOT NULL DEFAULT x'',
  mirror_line TEXT NOT NULL DEFAULT '',
  mirror_time INTEGER NOT NULL DEFAULT 0,
  unlocked_size INTEGER,
  added_at INTEGER NOT NULL,
  verified_at INTEGER,
  shown_size INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE key_set (
  log INTEGER NOT NULL REFERENCES log (id),
  version INTEGER NOT NULL,
  note BLOB NOT NULL,
  PRIMARY KEY (log, version)
) STRICT;

-- The tables that grow with the logs are clustered by their key, without a rowid of their own.

CREATE TABLE statement (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  idx INTEGER NOT NULL,
  op INTEGER NOT NULL,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;

-- since: when they were superseded; NULL where their content is not here, see node.retention.
CREATE TABLE superseded (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER NOT NULL,
  since INTEGER,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX superseded_since ON superseded (log, since) WHERE since IS NOT NULL;

CREATE TABLE erased (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE void_leaf (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE withheld (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

-- Since when the blobs are missing for which the head of a log waits.
CREATE TABLE missed (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE scrub (
  log INTEGER NOT NULL REFERENCES log (id),
  bundle INTEGER NOT NULL,
  PRIMARY KEY (log, bundle)
) STRICT, WITHOUT ROWID;

-- When each log was audited last, at what size, and the first thing that was wrong, if any.
CREATE TABLE audited (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  finding TEXT
) STRICT;

-- What goes with erased content; see store.forgotten.
CREATE TABLE forgotten_record (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  format TEXT NOT NULL,
  source TEXT NOT NULL,
  record TEXT NOT NULL,
  digest BLOB NOT NULL,
  salt BLOB NOT NULL,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;

-- Which files are to be written anew because of it. wanted counts deletions and done those that a rewrite
-- has seen; seconds is how long the last rewrite took, which ended at ended_at.
CREATE TABLE remains (
  part TEXT PRIMARY KEY,
  wanted INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,
  seconds REAL NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO remains (part, wanted) VALUES ('index', 0), ('database', 0);

-- All that is kept of logs that were purged; see store.purged. log is the number they had.
CREATE TABLE purged (
  origin TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  version INTEGER NOT NULL,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  log INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
