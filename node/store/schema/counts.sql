-- How many live entries each log has, for pages that say it of every publisher: to count a hundred thousand takes
-- a tenth of a second. Derived, as entries are.
CREATE TABLE live_entries (
  log INTEGER PRIMARY KEY REFERENCES log (id),
  number INTEGER NOT NULL
) STRICT;
INSERT INTO live_entries (log, number)
SELECT log, count(*) FROM entry WHERE type = 'entry' AND op = 1 GROUP BY log;

CREATE TRIGGER entry_came AFTER INSERT ON entry WHEN NEW.type = 'entry' AND NEW.op = 1 BEGIN
  INSERT INTO live_entries (log, number) VALUES (NEW.log, 1) ON CONFLICT (log) DO UPDATE SET number = number + 1;
END;

CREATE TRIGGER entry_went AFTER DELETE ON entry WHEN OLD.type = 'entry' AND OLD.op = 1 BEGIN
  UPDATE live_entries SET number = number - 1 WHERE log = OLD.log;
END;

CREATE TRIGGER entry_became AFTER UPDATE OF type, op ON entry
WHEN (NEW.type = 'entry' AND NEW.op = 1) <> (OLD.type = 'entry' AND OLD.op = 1) BEGIN
  INSERT INTO live_entries (log, number) VALUES (NEW.log, 1)
  ON CONFLICT (log) DO UPDATE SET number = number + iif(NEW.type = 'entry' AND NEW.op = 1, 1, -1);
END;
