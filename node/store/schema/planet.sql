-- What publishers write elsewhere, as their feeds had it last: this node's own observation; see node.planet.

-- Feeds that are asked. etag and changed are what the next question is made conditional by. seen_at NULL: never
-- read; fault NULL: nothing was wrong the last time.
CREATE TABLE news_feed (
  url TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  etag TEXT NOT NULL,
  changed TEXT NOT NULL,
  tried_at INTEGER NOT NULL,
  seen_at INTEGER,
  fault TEXT,
  failures INTEGER NOT NULL,
  next_due INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- id is a digest of the feed and of what that calls the item. at is when it says that the item was published, never later
-- than it was first seen here, and never moved.
CREATE TABLE news_item (
  feed TEXT NOT NULL REFERENCES news_feed (url) ON DELETE CASCADE,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  excerpt TEXT NOT NULL,
  language TEXT NOT NULL,
  PRIMARY KEY (feed, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX news_item_at ON news_item (at, id);
