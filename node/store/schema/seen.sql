-- When this node took the leaves of a step (see store.changes), and when it took the leaf that erased a version: a
-- leaf names no time. NULL of what came before this was noted, and of what is told once more.
ALTER TABLE step ADD COLUMN at INTEGER;
ALTER TABLE erased ADD COLUMN at INTEGER;

DROP TRIGGER step_grown;
CREATE TRIGGER step_grown AFTER UPDATE OF shown_size ON log WHEN NEW.shown_size > OLD.shown_size BEGIN
  INSERT INTO step (log, low, high, at) VALUES (NEW.id, OLD.shown_size, NEW.shown_size, NEW.verified_at);
END;

-- What an organisation says of others' things is shown beside it; few statements are of these types.
CREATE INDEX entry_use ON entry (log, idx) WHERE type = 'use';
CREATE INDEX entry_list ON entry (log, idx) WHERE type = 'list';
