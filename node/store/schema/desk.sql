-- The desk, where people publish without a terminal: this node's own memory; see node.desk.

-- Who may sign in. password is an argon2 hash, NULL until a first one was chosen.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password TEXT,
  created_at INTEGER NOT NULL,
  disabled_at INTEGER,
  signed_in_at INTEGER
) STRICT;

CREATE TABLE account_role (
  account INTEGER NOT NULL REFERENCES account (id),
  log INTEGER NOT NULL REFERENCES log (id),
  role TEXT NOT NULL,
  PRIMARY KEY (account, log)
) STRICT, WITHOUT ROWID;

-- By which code, known by its SHA-256, somebody may choose the password of an account, once.
CREATE TABLE invitation (
  account INTEGER PRIMARY KEY REFERENCES account (id),
  hash BLOB NOT NULL UNIQUE,
  until INTEGER NOT NULL
) STRICT;

-- Who is signed in. hash is the SHA-256 of what the browser has; by is password or proxy.
CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id),
  by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);

-- What people work on, see node.desk.manuscripts; nothing of it is in a log. content, form and fixed are msgpack; content
-- goes when it is published. fixed is what its author cannot change. state: open, waiting (for somebody's yes), refused, sent (to the sequencer), published.
CREATE TABLE manuscript (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  log INTEGER NOT NULL REFERENCES log (id),
  author INTEGER NOT NULL REFERENCES account (id),
  op INTEGER NOT NULL,
  id BLOB,
  expected INTEGER,
  erase_reason INTEGER NOT NULL DEFAULT 0,
  content BLOB,
  form BLOB,
  fixed BLOB,
  acknowledged TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'open',
  note TEXT NOT NULL DEFAULT '',
  decided_by INTEGER REFERENCES account (id),
  idx INTEGER,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX manuscript_author ON manuscript (author);
CREATE INDEX manuscript_state ON manuscript (log, state);

-- What outsiders sent in, see node.desk.submissions. hash is the SHA-256 of the code by which its sender asks what
-- became of it; nothing else is known of a sender. content goes when it is decided.
CREATE TABLE letter (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  log INTEGER NOT NULL REFERENCES log (id),
  hash BLOB NOT NULL UNIQUE,
  reporter TEXT NOT NULL,
  url TEXT NOT NULL,
  content BLOB,
  state TEXT NOT NULL DEFAULT 'waiting',
  note TEXT NOT NULL DEFAULT '',
  manuscript INTEGER,
  sent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX letter_sent ON letter (sent_at);
