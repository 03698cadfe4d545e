-- Whom to believe, and what the operator decided about it: this node's own memory.

-- Which domains and repositories were seen to list which logs; see node.standing. kind is domain or
-- repository. verified_at NULL: not listed, as far as we know. fault NULL: nothing was wrong the last time.
CREATE TABLE proof (
  log INTEGER NOT NULL REFERENCES log (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  verified_at INTEGER,
  tried_at INTEGER NOT NULL,
  fault TEXT,
  failures INTEGER NOT NULL,
  next_due INTEGER NOT NULL,
  PRIMARY KEY (log, kind, name)
) STRICT, WITHOUT ROWID;

-- Proofs that logs showed two histories; see node.splits. Sizes and roots are those of the two signed heads.
-- resolved_at, resolution and resolved_by say that an operator looked at it and let the log go on.
CREATE TABLE evidence (
  hash BLOB PRIMARY KEY,
  log INTEGER NOT NULL REFERENCES log (id),
  data BLOB NOT NULL,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  larger_size INTEGER NOT NULL,
  larger_root BLOB NOT NULL,
  version INTEGER NOT NULL,
  larger_version INTEGER NOT NULL,
  source TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  resolved_at INTEGER,
  resolution TEXT,
  resolved_by TEXT
) STRICT;
CREATE INDEX evidence_log ON evidence (log);

-- Which logs stand still for one.
CREATE TABLE frozen (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  evidence BLOB NOT NULL REFERENCES evidence (hash),
  size INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Two valid key sets of one version, and what an operator decided about them; see node.disputes. name is the
-- SHA-256 of the text of the one that was not held.
CREATE TABLE dispute (
  log INTEGER NOT NULL REFERENCES log (id),
  version INTEGER NOT NULL,
  name BLOB NOT NULL,
  held BLOB NOT NULL,
  other BLOB NOT NULL,
  source TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  settled_at INTEGER,
  reason TEXT,
  actor TEXT,
  PRIMARY KEY (log, version, name)
) STRICT;

-- Which logs continue which, as the roots of the former signed it; see node.successors. refused_at: an
-- operator found out that this is not the publisher's.
CREATE TABLE succession (
  log INTEGER NOT NULL REFERENCES log (id),
  origin TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  source TEXT NOT NULL,
  found_at INTEGER NOT NULL,
  refused_at INTEGER,
  PRIMARY KEY (log, fingerprint)
) STRICT;

-- Which statements the successor of their log states; see store.series.
CREATE VIEW continued AS
SELECT s.log AS log, t.id AS id, t.log AS by
FROM succession AS s
JOIN log AS l ON l.origin = s.origin AND l.fingerprint = s.fingerprint
JOIN statement AS t ON t.log = l.id
WHERE s.refused_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM succession AS o
  WHERE o.log = s.log AND o.fingerprint <> s.fingerprint AND o.refused_at IS NULL
);

-- What this node's operator hides, or took down; see node.moderation. action is hide or takedown.
CREATE TABLE moderated (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  action TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;

-- Every version of what was taken down.
CREATE TABLE taken_down (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

-- What the operator said about others, what subscribed lists say, and whom that blocks; see node.blocking.
CREATE TABLE own_word (
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (name, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE listed (
  by TEXT NOT NULL,
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (by, name, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  name TEXT NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Which logs came in by a rule, and whom it lets in who is not here yet; see node.admission.
CREATE TABLE admitted (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  because TEXT NOT NULL,
  at INTEGER NOT NULL,
  lapsed_at INTEGER,
  confirmed_at INTEGER
) STRICT;

CREATE TABLE admission (
  origin TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  tried_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  next_due INTEGER NOT NULL,
  fault TEXT NOT NULL,
  PRIMARY KEY (origin, fingerprint)
) STRICT, WITHOUT ROWID;

-- What of a followed log is found by search, where that is not all of it; see node.scoping.
CREATE TABLE scope (
  log INTEGER NOT NULL REFERENCES log (id),
  facet TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (log, facet, value)
) STRICT, WITHOUT ROWID;
