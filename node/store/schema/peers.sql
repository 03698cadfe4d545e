-- Whom this node asks, how it went, and what they showed: this node's own memory.

CREATE TABLE peer (
  url TEXT PRIMARY KEY,
  card BLOB,
  etag TEXT,
  added_at INTEGER NOT NULL,
  seen_at INTEGER
) STRICT;

CREATE TABLE source (
  log INTEGER NOT NULL REFERENCES log (id),
  url TEXT NOT NULL,
  followed INTEGER NOT NULL DEFAULT 0,
  last_try INTEGER,
  last_success INTEGER,
  size INTEGER,
  new INTEGER,
  fault TEXT,
  file TEXT,
  detail TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  next_due INTEGER NOT NULL DEFAULT 0,
  etag TEXT,
  PRIMARY KEY (log, url)
) STRICT;

-- Who was seen to carry an own log.
CREATE TABLE carrier (
  log INTEGER NOT NULL REFERENCES log (id),
  url TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (log, url)
) STRICT;

-- Whose feeds are asked; see node.gossip.
CREATE TABLE neighbour (
  url TEXT PRIMARY KEY,
  cursor TEXT NOT NULL DEFAULT '',
  etag TEXT NOT NULL DEFAULT '',
  last_try INTEGER,
  last_success INTEGER,
  fault TEXT,
  detail TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  next_due INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What head of which log each of them showed last. state is a federation.gossip.HeadState; size, root and
-- beat are NULL where it is unverified.
CREATE TABLE seen_head (
  log INTEGER NOT NULL REFERENCES log (id),
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  size INTEGER,
  root BLOB,
  beat INTEGER,
  detail TEXT NOT NULL,
  keys INTEGER NOT NULL,
  note BLOB NOT NULL,
  evidence BLOB,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (log, url)
) STRICT, WITHOUT ROWID;

-- What other cosigners vouched for, one line for each of them; see store.cosigned.
CREATE TABLE cosignature (
  log INTEGER NOT NULL REFERENCES log (id),
  vkey TEXT NOT NULL,
  name TEXT NOT NULL,
  rank INTEGER NOT NULL,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  time INTEGER NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (log, vkey)
) STRICT, WITHOUT ROWID;

-- Every version of the policy documents of followed nodes; see node.policies. An empty document: the node
-- has none any more. diff is made once, from the version before.
CREATE TABLE policy_document (
  url TEXT NOT NULL,
  version INTEGER NOT NULL,
  found_at INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  document BLOB NOT NULL,
  diff TEXT NOT NULL,
  PRIMARY KEY (url, version)
) STRICT;

-- How fast followed logs grow, and which are over a limit; see node.quotas.
CREATE TABLE growth (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  size INTEGER NOT NULL,
  spent INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE over_limit (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  measure TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  allowed INTEGER NOT NULL,
  size INTEGER NOT NULL,
  detail TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER
) STRICT;
