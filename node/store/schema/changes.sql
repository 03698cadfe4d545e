-- In which order things changed here, for those who ask what is new. The numbers rise with each change and
-- are never given twice, whichever process made it.

-- The order in which checkpoints and key sets changed, for /checkpoints?since=. A trigger's own OR REPLACE
-- would yield to that of the statement which fired it, hence two statements.
CREATE TABLE feed_change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  log INTEGER NOT NULL UNIQUE REFERENCES log (id)
) STRICT;

CREATE TRIGGER feed_shown AFTER UPDATE OF visible ON log WHEN NEW.visible <> OLD.visible BEGIN
  DELETE FROM feed_change WHERE log = NEW.id;
  INSERT INTO feed_change (log) VALUES (NEW.id);
END;

CREATE TRIGGER feed_keys AFTER INSERT ON key_set BEGIN
  DELETE FROM feed_change WHERE log = NEW.log;
  INSERT INTO feed_change (log) VALUES (NEW.log);
END;

CREATE TRIGGER feed_evidence AFTER INSERT ON evidence BEGIN
  DELETE FROM feed_change WHERE log = NEW.log;
  INSERT INTO feed_change (log) VALUES (NEW.log);
END;

CREATE TRIGGER feed_frozen AFTER INSERT ON frozen BEGIN
  DELETE FROM feed_change WHERE log = NEW.log;
  INSERT INTO feed_change (log) VALUES (NEW.log);
END;

-- In which order logs grew here, for /api/v1/changes; see store.changes. The leaves [low, high) of a log came
-- at once. arrived: their content came late.
CREATE TABLE step (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  log INTEGER NOT NULL REFERENCES log (id),
  low INTEGER NOT NULL,
  high INTEGER NOT NULL,
  arrived INTEGER NOT NULL DEFAULT 0,
  mark BLOB NOT NULL DEFAULT (randomblob(8))
) STRICT;
CREATE INDEX step_log ON step (log);

CREATE TRIGGER step_grown AFTER UPDATE OF shown_size ON log WHEN NEW.shown_size > OLD.shown_size BEGIN
  INSERT INTO step (log, low, high) VALUES (NEW.id, OLD.shown_size, NEW.shown_size);
END;

-- What was passed over while a log was blocked is told after that.
CREATE TRIGGER step_unblocked AFTER DELETE ON blocked BEGIN
  INSERT INTO step (log, low, high)
  SELECT id, 0, shown_size FROM log WHERE id = OLD.log AND shown_size > 0;
END;
