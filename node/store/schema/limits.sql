-- What the operator lets single publishers cost, said by command or at the desk; see node.limiting. publisher is
-- an origin or a fingerprint. NULL: as for everybody.
CREATE TABLE own_limit (
  publisher TEXT PRIMARY KEY,
  entries INTEGER,
  new_entries INTEGER,
  kept_bytes INTEGER,
  void_leaves INTEGER,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
