-- What the logs say, as rows: derived; `fedcat db rebuild` empties and refills all but annotations.

CREATE TABLE entry (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  idx INTEGER NOT NULL,
  op INTEGER NOT NULL,
  type TEXT NOT NULL,
  kind TEXT,
  name TEXT,
  language TEXT,
  payload BLOB NOT NULL,
  PRIMARY KEY (log, id)
) STRICT;
CREATE INDEX entry_id ON entry (id);
-- A hundred thousand entries have a few of these among them, which are looked at every minute.
CREATE INDEX entry_profile ON entry (log) WHERE type = 'profile';
CREATE INDEX entry_vouch ON entry (log, idx) WHERE type = 'vouch';

CREATE TABLE problem (
  log INTEGER NOT NULL REFERENCES log (id),
  idx INTEGER,
  severity TEXT NOT NULL,
  pointer TEXT,
  message TEXT NOT NULL,
  hint TEXT
) STRICT;
CREATE INDEX problem_leaf ON problem (log, idx);

-- What changes without anybody stating it: facts about statements, with where and when they were read.
CREATE TABLE annotation (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  source TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  PRIMARY KEY (log, id, name, source)
) STRICT, WITHOUT ROWID;

-- What live entries claim to be, for finding those that describe one thing. The identifier is 63 bits of
-- its hash: whatever shares one is compared in full.
CREATE TABLE identity (
  identifier INTEGER NOT NULL,
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  PRIMARY KEY (identifier, log, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_entry ON identity (log, id);

-- Which statements point at which things; see store.references.
CREATE TABLE reference (
  target INTEGER NOT NULL,
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  relation TEXT NOT NULL,
  named BLOB,
  PRIMARY KEY (target, log, id, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_statement ON reference (log, id);
-- Which links name a statement by its address, whatever log it stands in now; see store.waiting.
CREATE INDEX reference_link ON reference (named) WHERE relation = 'link';
-- What says that it is part of something, by what it names; see answers.folding.
CREATE INDEX reference_part ON reference (target, log, id) WHERE relation = 'partOf';
CREATE INDEX reference_part_named ON reference (named) WHERE relation = 'partOf';

CREATE TABLE named (
  name INTEGER NOT NULL,
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  PRIMARY KEY (name, log, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX named_statement ON named (log, id);

-- From which days on statements count otherwise.
CREATE TABLE turning (
  day INTEGER NOT NULL,
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  PRIMARY KEY (day, log, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX turning_statement ON turning (log, id);

-- Which statements name feeds of news; see store.references and node.planet.
CREATE TABLE news_named (
  url TEXT NOT NULL,
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  is_profile INTEGER NOT NULL,
  PRIMARY KEY (url, log, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX news_named_statement ON news_named (log, id);

-- What is to be indexed; turn is how often it was queued since it was indexed, see store.waiting.
CREATE TABLE index_queue (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  turn INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;

-- What the index shows within the card of another project, and of which; in step with the index, see
-- store.folded.
CREATE TABLE folded (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  relation TEXT NOT NULL,
  card_log INTEGER NOT NULL,
  card_id BLOB NOT NULL,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX folded_card ON folded (card_log, card_id);

-- What lists show of what is indexed, in step with the index; see store.outlined. What joins with others is at
-- the first of them, and each of the others says which that is.
CREATE TABLE outline (
  log INTEGER NOT NULL REFERENCES log (id),
  id BLOB NOT NULL,
  first_log INTEGER,
  first_id BLOB,
  content BLOB,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;

-- What the search index last left here; where it differs, one was put back and all is indexed anew.
CREATE TABLE index_stamp (stamp TEXT NOT NULL) STRICT;

-- By whose order of publishers the index was made; see answers.policy.
CREATE TABLE shown_policy (digest TEXT NOT NULL) STRICT;

-- The day for which the index was made; none until it is asked for the first time.
CREATE TABLE shown_day (day INTEGER NOT NULL) STRICT;

-- What the operator joined and took out of projects; see store.joined. This node's own memory.
CREATE TABLE joining (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  action TEXT NOT NULL,
  entry TEXT NOT NULL,
  entry_id BLOB NOT NULL,
  other TEXT NOT NULL,
  other_id BLOB,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
