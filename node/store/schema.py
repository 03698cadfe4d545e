"""What the database holds, as migrations that are applied in order and never edited once released.

Only ``log``, ``key_set``, ``statement``, ``superseded``, ``erased``, ``void_leaf``, ``withheld``
and ``scrub`` are facts about the logs; ``peer``, ``source``, ``carrier``, ``draft``,
``import_record``, ``annotation``, ``missed``, ``proof``, ``feed_change``, ``neighbour``, ``seen_head``,
``audited``, ``evidence``, ``frozen``, ``dispute``, ``succession``, ``cosignature``, ``witnessed``,
``submission``, ``policy_document``, ``token``, ``idempotency``, ``step`` and ``audit`` are this node's own
memory.
``entry``, ``identity``, ``reference``, ``named``, ``turning``, ``problem`` and ``index_queue`` are derived:
``db rebuild`` empties and refills them.

Indexes of leaves are called ``idx``. Times are POSIX seconds. Digests, ids, notes and
payloads are BLOB.
"""

import msgpack
from sqlite_utils import Database, Migrations

from federation.identity import identifier_keys

from .forgotten import forget_notes
from .references import put_references, references_of

migrations = Migrations("fedcat")

# One row for each followed or own log. ``size`` and ``root`` are the head: verified (or, for an own
# log, appended) and durable. ``note`` is the signed checkpoint of ``note_size`` with the lines of log
# and beat; an own head is ahead of it between append and signature. ``visible`` is what is served:
# the note with this node's mirror line. ``mirror_size`` and ``mirror_root`` are the cosigner's memory;
# they change by compare-and-swap before a cosignature is made, so that none is ever made for a
# smaller tree, nor for two roots of one size. ``unlocked_size`` is where an operator vouched for the head.
# ``shown_size`` (m041) is how far statements are shown: of an own log up to its published checkpoint.
LOG = """
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
  verified_at INTEGER
) STRICT
"""

# The tables that grow with the logs: clustered by their key, without a rowid of their own.
GROWING = """
CREATE TABLE statement (
  log INTEGER NOT NULL REFERENCES log (id), id BLOB NOT NULL, idx INTEGER NOT NULL, op INTEGER NOT NULL,
  PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE superseded (
  log INTEGER NOT NULL REFERENCES log (id), idx INTEGER NOT NULL, PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE erased (
  log INTEGER NOT NULL REFERENCES log (id), idx INTEGER NOT NULL, reason INTEGER NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE void_leaf (
  log INTEGER NOT NULL REFERENCES log (id), idx INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE withheld (
  log INTEGER NOT NULL REFERENCES log (id), idx INTEGER NOT NULL, PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE scrub (
  log INTEGER NOT NULL REFERENCES log (id), bundle INTEGER NOT NULL, PRIMARY KEY (log, bundle)
) STRICT, WITHOUT ROWID;
CREATE TABLE index_queue (
  log INTEGER NOT NULL REFERENCES log (id), id BLOB NOT NULL, PRIMARY KEY (log, id)
) STRICT, WITHOUT ROWID;
"""


@migrations()
def m001_logs(db: Database) -> None:
    """Logs, their key sets and what replay found in them."""
    db.execute(LOG)
    for statement in GROWING.split(";"):
        if statement.strip():
            db.execute(statement)
    db.table("key_set").create(
        {"log": int, "version": int, "note": bytes},
        pk=("log", "version"),
        not_null={"note"},
        foreign_keys=[("log", "log", "id")],
    )


@migrations()
def m002_catalogue(db: Database) -> None:
    """Current statements as rows, and what is wrong with some of them; derived, see ``db rebuild``."""
    db.table("entry").create(
        {
            "log": int,
            "id": bytes,
            "idx": int,
            "op": int,
            "type": str,
            "kind": str,
            "name": str,
            "language": str,
            "payload": bytes,
        },
        pk=("log", "id"),
        not_null={"idx", "op", "type", "payload"},
        foreign_keys=[("log", "log", "id")],
    )
    db.table("entry").create_index(["id"])
    db.table("problem").create(
        {"log": int, "idx": int, "severity": str, "pointer": str, "message": str, "hint": str},
        not_null={"log", "severity", "message"},
        foreign_keys=[("log", "log", "id")],
    )
    db.table("problem").create_index(["log", "idx"])


@migrations()
def m003_peers(db: Database) -> None:
    """Whom this node asks, how it went, and who was seen to carry an own log."""
    db.table("peer").create(
        {"url": str, "card": bytes, "etag": str, "added_at": int, "seen_at": int},
        pk="url",
        not_null={"added_at"},
    )
    db.table("source").create(
        {
            "log": int,
            "url": str,
            "followed": int,
            "last_try": int,
            "last_success": int,
            "size": int,
            "new": int,
            "fault": str,
            "file": str,
            "detail": str,
            "failures": int,
            "next_due": int,
            "etag": str,
        },
        pk=("log", "url"),
        not_null={"followed", "failures", "next_due"},
        defaults={"followed": 0, "failures": 0, "next_due": 0},
        foreign_keys=[("log", "log", "id")],
    )
    db.table("carrier").create(
        {"log": int, "url": str, "first_seen": int, "last_seen": int, "size": int},
        pk=("log", "url"),
        not_null={"first_seen", "last_seen", "size"},
        foreign_keys=[("log", "log", "id")],
    )


@migrations()
def m004_own(db: Database) -> None:
    """What waits to be appended, where imported records went, and what operators overrode."""
    # ``expected`` NULL stands for "whatever is there". A sequenced draft keeps its index until its
    # author has read it, and its content no longer; ``refused`` says why one can never be sequenced.
    # ``batch`` is the number of the first draft of those that are appended together or not at all.
    db.table("draft").create(
        {
            "number": int,
            "batch": int,
            "log": int,
            "op": int,
            "id": bytes,
            "payload": bytes,
            "expected": int,
            "reason": int,
            "created_at": int,
            "idx": int,
            "refused": str,
        },
        pk="number",
        not_null={"log", "op", "id", "reason", "created_at"},
        foreign_keys=[("log", "log", "id")],
    )
    db.table("draft").create_index(["log", "number"])
    db.table("import_record").create(
        {"log": int, "format": str, "source": str, "record": str, "id": bytes, "digest": bytes},
        pk=("log", "format", "source", "record"),
        not_null={"id"},
        foreign_keys=[("log", "log", "id")],
    )
    db.table("import_record").create_index(["log", "id"])
    db.table("audit").create(
        {"number": int, "at": int, "actor": str, "action": str, "origin": str, "detail": str},
        pk="number",
        not_null={"at", "actor", "action", "detail"},
    )


@migrations()
def m005_index(db: Database) -> None:
    """What the search index last left here; where it differs, one was put back and all is indexed anew."""
    db.execute("CREATE TABLE index_stamp (stamp TEXT NOT NULL) STRICT")


@migrations()
def m006_missed(db: Database) -> None:
    """Since when the blobs are missing for which the head of a log waits."""
    db.execute(
        "CREATE TABLE missed (log INTEGER NOT NULL REFERENCES log (id), idx INTEGER NOT NULL,"
        " since INTEGER NOT NULL, PRIMARY KEY (log, idx)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m007_annotations(db: Database) -> None:
    """What changes without anybody stating it: facts about statements, with where and when they were read."""
    db.execute(
        "CREATE TABLE annotation (log INTEGER NOT NULL REFERENCES log (id), id BLOB NOT NULL,"
        " name TEXT NOT NULL, value TEXT NOT NULL, source TEXT NOT NULL, observed_at INTEGER NOT NULL,"
        " PRIMARY KEY (log, id, name, source)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m008_standing(db: Database) -> None:
    """Which domains and repositories were seen to list which logs; see ``node.standing``."""
    # ``kind`` is domain or repository. ``verified_at`` NULL: not listed, as far as we know. ``fault`` NULL:
    # nothing was wrong the last time.
    db.execute(
        "CREATE TABLE proof (log INTEGER NOT NULL REFERENCES log (id), kind TEXT NOT NULL,"
        " name TEXT NOT NULL, verified_at INTEGER, tried_at INTEGER NOT NULL, fault TEXT,"
        " failures INTEGER NOT NULL, next_due INTEGER NOT NULL, PRIMARY KEY (log, kind, name)"
        ") STRICT, WITHOUT ROWID"
    )
    # A hundred thousand entries have a few profiles among them, which are looked at every minute.
    db.execute("CREATE INDEX entry_profile ON entry (log) WHERE type = 'profile'")


@migrations()
def m009_identity(db: Database) -> None:
    """What live entries claim to be, for finding those that describe one thing; derived."""
    # The identifier is 63 bits of its hash: whatever shares one is compared in full.
    db.execute(
        "CREATE TABLE identity (identifier INTEGER NOT NULL, log INTEGER NOT NULL REFERENCES log (id),"
        " id BLOB NOT NULL, PRIMARY KEY (identifier, log, id)) STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX identity_entry ON identity (log, id)")
    # What was in the catalogue before has its rows made now; the index is made anew by its version.
    for log, id_, payload in db.execute("SELECT log, id, payload FROM entry WHERE type = 'entry' AND op = 1"):
        rows = [(key, log, id_) for key in identifier_keys(msgpack.unpackb(payload))]
        db.conn.executemany("INSERT INTO identity (identifier, log, id) VALUES (?, ?, ?)", rows)


# Which log changed last, as readers of the feed see it: the number rises with each change and is never
# given twice, whoever made the change. A trigger's own OR REPLACE would yield to that of the statement
# which fired it, hence two statements.
_CHANGED = (
    "BEGIN DELETE FROM feed_change WHERE log = {log}; INSERT INTO feed_change (log) VALUES ({log}); END"
)


@migrations()
def m010_feed(db: Database) -> None:
    """The order in which checkpoints and key sets changed, for ``/checkpoints?since=``."""
    db.execute(
        "CREATE TABLE feed_change (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
        " log INTEGER NOT NULL UNIQUE REFERENCES log (id)) STRICT"
    )
    db.execute("INSERT INTO feed_change (log) SELECT id FROM log ORDER BY id")
    db.execute(
        "CREATE TRIGGER feed_shown AFTER UPDATE OF visible ON log WHEN NEW.visible <> OLD.visible "
        + _CHANGED.format(log="NEW.id")
    )
    db.execute("CREATE TRIGGER feed_keys AFTER INSERT ON key_set " + _CHANGED.format(log="NEW.log"))


@migrations()
def m011_gossip(db: Database) -> None:
    """Whose feeds are asked, and what head of which log each of them showed last; see ``node.gossip``."""
    db.execute(
        "CREATE TABLE neighbour (url TEXT PRIMARY KEY, cursor TEXT NOT NULL DEFAULT '',"
        " etag TEXT NOT NULL DEFAULT '', last_try INTEGER, last_success INTEGER, fault TEXT, detail TEXT,"
        " failures INTEGER NOT NULL DEFAULT 0, next_due INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID"
    )
    # ``state`` is a ``federation.gossip.HeadState``; size, root and beat are NULL where it is unverified.
    db.execute(
        "CREATE TABLE seen_head (log INTEGER NOT NULL REFERENCES log (id), url TEXT NOT NULL,"
        " state TEXT NOT NULL, size INTEGER, root BLOB, beat INTEGER, detail TEXT NOT NULL,"
        " keys INTEGER NOT NULL, note BLOB NOT NULL, evidence BLOB, seen_at INTEGER NOT NULL,"
        " PRIMARY KEY (log, url)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m012_audited(db: Database) -> None:
    """When each log was audited last, at what size, and the first thing that was wrong, if any."""
    db.execute(
        "CREATE TABLE audited (log INTEGER PRIMARY KEY REFERENCES log (id), at INTEGER NOT NULL,"
        " size INTEGER NOT NULL, finding TEXT) STRICT"
    )


@migrations()
def m013_evidence(db: Database) -> None:
    """Proofs that logs showed two histories, and which logs stand still for one; see ``node.splits``."""
    # Sizes and roots are those of the two signed heads. ``resolved_at``, ``resolution`` and ``resolved_by``
    # say that an operator looked at it and let the log go on.
    db.execute(
        "CREATE TABLE evidence (hash BLOB PRIMARY KEY, log INTEGER NOT NULL REFERENCES log (id),"
        " data BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, larger_size INTEGER NOT NULL,"
        " larger_root BLOB NOT NULL, version INTEGER NOT NULL, larger_version INTEGER NOT NULL,"
        " source TEXT NOT NULL, found_at INTEGER NOT NULL, resolved_at INTEGER, resolution TEXT,"
        " resolved_by TEXT) STRICT"
    )
    db.execute("CREATE INDEX evidence_log ON evidence (log)")
    db.execute(
        "CREATE TABLE frozen (log INTEGER PRIMARY KEY REFERENCES log (id), evidence BLOB NOT NULL"
        " REFERENCES evidence (hash), size INTEGER NOT NULL, at INTEGER NOT NULL) STRICT"
    )
    db.execute("CREATE TRIGGER feed_evidence AFTER INSERT ON evidence " + _CHANGED.format(log="NEW.log"))
    db.execute("CREATE TRIGGER feed_frozen AFTER INSERT ON frozen " + _CHANGED.format(log="NEW.log"))


@migrations()
def m014_cosignatures(db: Database) -> None:
    """What other cosigners vouched for, one line for each of them; see ``store.cosigned``."""
    db.execute(
        "CREATE TABLE cosignature (log INTEGER NOT NULL REFERENCES log (id), vkey TEXT NOT NULL,"
        " name TEXT NOT NULL, rank INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,"
        " time INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (log, vkey)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m015_dispute(db: Database) -> None:
    """Two valid key sets of one version, and what an operator decided about them; see ``node.disputes``."""
    # ``name`` is the SHA-256 of the text of the one that was not held.
    db.execute(
        "CREATE TABLE dispute (log INTEGER NOT NULL REFERENCES log (id), version INTEGER NOT NULL,"
        " name BLOB NOT NULL, held BLOB NOT NULL, other BLOB NOT NULL, source TEXT NOT NULL,"
        " found_at INTEGER NOT NULL, settled_at INTEGER, reason TEXT, actor TEXT,"
        " PRIMARY KEY (log, version, name)) STRICT"
    )


@migrations()
def m016_succession(db: Database) -> None:
    """Which logs continue which, as the roots of the former signed it; see ``node.successors``."""
    # ``refused_at``: an operator found out that this is not the publisher's.
    db.execute(
        "CREATE TABLE succession (log INTEGER NOT NULL REFERENCES log (id), origin TEXT NOT NULL,"
        " fingerprint TEXT NOT NULL, source TEXT NOT NULL, found_at INTEGER NOT NULL, refused_at INTEGER,"
        " PRIMARY KEY (log, fingerprint)) STRICT"
    )


@migrations()
def m017_turn(db: Database) -> None:
    """How often a statement was queued since it was indexed; see ``answers.waiting``."""
    db.execute("ALTER TABLE index_queue ADD COLUMN turn INTEGER NOT NULL DEFAULT 0")


@migrations()
def m018_shown_policy(db: Database) -> None:
    """By whose order of publishers the index was made; derived, see ``answers.policy``."""
    db.execute("CREATE TABLE shown_policy (digest TEXT NOT NULL) STRICT")


@migrations()
def m020_retention(db: Database) -> None:
    """Since when versions are superseded; NULL where their content is not here. See ``node.retention``."""
    db.execute("ALTER TABLE superseded ADD COLUMN since INTEGER")
    # When it happened was not written down before: their time begins now.
    db.execute("UPDATE superseded SET since = CAST(strftime('%s', 'now') AS INTEGER)")
    db.execute("CREATE INDEX superseded_since ON superseded (log, since) WHERE since IS NOT NULL")


@migrations()
def m021_moderation(db: Database) -> None:
    """What this node's operator hides, or took down; see ``node.moderation``."""
    # ``action`` is hide or takedown. The other table has every version of what was taken down.
    db.execute(
        "CREATE TABLE moderated (log INTEGER NOT NULL REFERENCES log (id), id BLOB NOT NULL,"
        " action TEXT NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,"
        " PRIMARY KEY (log, id)) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE taken_down (log INTEGER NOT NULL REFERENCES log (id), idx INTEGER NOT NULL,"
        " PRIMARY KEY (log, idx)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m022_purged(db: Database) -> None:
    """All that is kept of logs that were purged; see ``store.purged``. ``log`` is the number they had."""
    db.execute(
        "CREATE TABLE purged (origin TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, version INTEGER NOT NULL,"
        " size INTEGER NOT NULL, root BLOB NOT NULL, log INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    )


@migrations()
def m023_forgotten(db: Database) -> None:
    """What goes with erased content, and which files are to be written anew; see ``store.forgotten``."""
    db.execute(
        "CREATE TABLE forgotten_record (log INTEGER NOT NULL REFERENCES log (id), id BLOB NOT NULL,"
        " format TEXT NOT NULL, source TEXT NOT NULL, record TEXT NOT NULL, digest BLOB NOT NULL,"
        " salt BLOB NOT NULL, PRIMARY KEY (log, id)) STRICT, WITHOUT ROWID"
    )
    # ``wanted`` counts deletions and ``done`` those that a rewrite has seen; ``seconds`` is how long the last
    # rewrite took, which ended at ``ended_at``.
    db.execute(
        "CREATE TABLE remains (part TEXT PRIMARY KEY, wanted INTEGER NOT NULL,"
        " done INTEGER NOT NULL DEFAULT 0, ended_at INTEGER NOT NULL DEFAULT 0,"
        " seconds REAL NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID"
    )
    # What was erased before is as little to be found as what will be.
    for (log,) in db.execute("SELECT id FROM log").fetchall():
        erased = db.execute(
            "SELECT s.id FROM statement AS s JOIN erased AS e ON e.log = s.log AND e.idx = s.idx"
            " WHERE s.log = ?",
            (log,),
        ).fetchall()
        forget_notes(db.conn, log, [id_ for (id_,) in erased])
    (count,) = db.execute("SELECT count(*) FROM erased").fetchone()
    parts = [("index", min(count, 1)), ("database", min(count, 1))]
    db.conn.executemany("INSERT INTO remains (part, wanted) VALUES (?, ?)", parts)


@migrations()
def m028_witnessed(db: Database) -> None:
    """What this node cosigned last as a witness of each log, followed here or not; see ``node.witness``."""
    db.execute(
        "CREATE TABLE witnessed (origin TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,"
        " root BLOB NOT NULL, time INTEGER NOT NULL, note BLOB NOT NULL) STRICT, WITHOUT ROWID"
    )


@migrations()
def m029_submission(db: Database) -> None:
    """How showing the checkpoints of own logs to witnesses went; see ``node.submitting``."""
    # ``size`` is that of the last cosignature.
    db.execute(
        "CREATE TABLE submission (log INTEGER NOT NULL REFERENCES log (id), vkey TEXT NOT NULL,"
        " url TEXT NOT NULL, size INTEGER NOT NULL DEFAULT 0, last_try INTEGER NOT NULL,"
        " last_success INTEGER, fault TEXT, detail TEXT, failures INTEGER NOT NULL,"
        " next_due INTEGER NOT NULL, PRIMARY KEY (log, vkey)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m030_policy_documents(db: Database) -> None:
    """Every version of the policy documents of followed nodes; see ``node.policies``."""
    # An empty document: the node has none any more. ``diff`` is made once, from the version before.
    db.execute(
        "CREATE TABLE policy_document (url TEXT NOT NULL, version INTEGER NOT NULL,"
        " found_at INTEGER NOT NULL, sha256 TEXT NOT NULL, document BLOB NOT NULL, diff TEXT NOT NULL,"
        " PRIMARY KEY (url, version)) STRICT"
    )


@migrations()
def m024_blocking(db: Database) -> None:
    """What the operator said about others, whom that and subscribed lists block; see ``node.blocking``."""
    # A catalogue of many has few of these among its entries, which are looked at every minute.
    db.execute("CREATE INDEX entry_vouch ON entry (log, idx) WHERE type = 'vouch'")
    db.execute(
        "CREATE TABLE own_word (name TEXT NOT NULL, fingerprint TEXT NOT NULL, verdict TEXT NOT NULL,"
        " reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (name, fingerprint)"
        ") STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE listed (by TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,"
        " verdict TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (by, name, fingerprint)"
        ") STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE blocked (log INTEGER PRIMARY KEY REFERENCES log (id), name TEXT NOT NULL,"
        " by TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL) STRICT"
    )


@migrations()
def m025_quota(db: Database) -> None:
    """How fast followed logs grow, and which are over a limit; see ``node.quotas``."""
    db.execute(
        "CREATE TABLE growth (log INTEGER PRIMARY KEY REFERENCES log (id), size INTEGER NOT NULL,"
        " spent INTEGER NOT NULL, at INTEGER NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE over_limit (log INTEGER PRIMARY KEY REFERENCES log (id), measure TEXT NOT NULL,"
        " wanted INTEGER NOT NULL, allowed INTEGER NOT NULL, size INTEGER NOT NULL, detail TEXT NOT NULL,"
        " at INTEGER NOT NULL, until INTEGER) STRICT"
    )


@migrations()
def m026_admission(db: Database) -> None:
    """Which logs came in by a rule, and whom it lets in who is not here yet; see ``node.admission``."""
    db.execute(
        "CREATE TABLE admitted (log INTEGER PRIMARY KEY REFERENCES log (id), because TEXT NOT NULL,"
        " at INTEGER NOT NULL, lapsed_at INTEGER, confirmed_at INTEGER) STRICT"
    )
    db.execute(
        "CREATE TABLE admission (origin TEXT NOT NULL, fingerprint TEXT NOT NULL, tried_at INTEGER NOT NULL,"
        " failures INTEGER NOT NULL, next_due INTEGER NOT NULL, fault TEXT NOT NULL,"
        " PRIMARY KEY (origin, fingerprint)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m032_continued(db: Database) -> None:
    """Which statements the successor of their log states; see ``store.series``."""
    db.execute(
        "CREATE VIEW continued AS SELECT s.log AS log, t.id AS id, t.log AS by FROM succession AS s"
        " JOIN log AS l ON l.origin = s.origin AND l.fingerprint = s.fingerprint"
        " JOIN statement AS t ON t.log = l.id WHERE s.refused_at IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM succession AS o WHERE o.log = s.log AND o.fingerprint <> s.fingerprint"
        " AND o.refused_at IS NULL)"
    )


@migrations()
def m033_continued_index(db: Database) -> None:
    """An index that was made before shows what a successor states twice: it is to be made anew."""
    db.execute("DELETE FROM index_stamp WHERE EXISTS (SELECT 1 FROM continued)")


@migrations()
def m036_references(db: Database) -> None:
    """Which statements point at which things, and from which days on they count otherwise; derived."""
    # See ``store.references``.
    db.execute(
        "CREATE TABLE reference (target INTEGER NOT NULL, log INTEGER NOT NULL REFERENCES log (id),"
        " id BLOB NOT NULL, relation TEXT NOT NULL, named BLOB, PRIMARY KEY (target, log, id, relation)"
        ") STRICT, WITHOUT ROWID"
    )
    db.execute("CREATE INDEX reference_statement ON reference (log, id)")
    # Which links name a statement by its address, whatever log it stands in now; see ``store.waiting``.
    db.execute("CREATE INDEX reference_link ON reference (named) WHERE relation = 'link'")
    for table, column in (("named", "name"), ("turning", "day")):
        db.execute(
            f"CREATE TABLE {table} ({column} INTEGER NOT NULL, log INTEGER NOT NULL REFERENCES log (id),"
            f" id BLOB NOT NULL, PRIMARY KEY ({column}, log, id)) STRICT, WITHOUT ROWID"
        )
        db.execute(f"CREATE INDEX {table}_statement ON {table} (log, id)")
    # The day for which the index was made; none until it is asked for the first time.
    db.execute("CREATE TABLE shown_day (day INTEGER NOT NULL) STRICT")
    # What was in the catalogue before has its rows made now; the index is made anew by its version.
    for log, id_, payload in db.execute("SELECT log, id, payload FROM entry WHERE op = 1 AND type <> ''"):
        put_references(db.conn, [((log, id_), references_of(msgpack.unpackb(payload)))], ())


@migrations()
def m038_tokens(db: Database) -> None:
    """Who may publish over HTTP, and which requests were done; see ``node.tokens`` and ``node.posting``."""
    # ``hash`` is the SHA-256 of the token; ``scopes`` are words with spaces between them.
    db.execute(
        "CREATE TABLE token (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, log INTEGER NOT NULL"
        " REFERENCES log (id), hash BLOB NOT NULL UNIQUE, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,"
        " until TEXT, revoked_at INTEGER, used_at INTEGER) STRICT"
    )
    # ``request`` and ``content`` are hashes of what was sent and of what is published. ``expected`` NULL: a
    # new statement.
    db.execute(
        "CREATE TABLE idempotency (token INTEGER NOT NULL REFERENCES token (id), key TEXT NOT NULL,"
        " request BLOB NOT NULL, content BLOB NOT NULL, id BLOB NOT NULL, expected INTEGER,"
        " at INTEGER NOT NULL, PRIMARY KEY (token, key)) STRICT, WITHOUT ROWID"
    )


@migrations()
def m041_shown(db: Database) -> None:
    """How far the statements of a log are shown, and told as changes: an unsigned head is for nobody."""
    db.execute("ALTER TABLE log ADD COLUMN shown_size INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE log SET shown_size = size")


@migrations()
def m039_changes(db: Database) -> None:
    """In which order logs grew here, for ``/api/v1/changes``; see ``store.changes``."""
    # The leaves [low, high) of a log came at once. The number rises with each step, whoever made it, and is
    # never given twice. ``arrived``: their content came late.
    db.execute(
        "CREATE TABLE step (seq INTEGER PRIMARY KEY AUTOINCREMENT, log INTEGER NOT NULL REFERENCES log (id),"
        " low INTEGER NOT NULL, high INTEGER NOT NULL, arrived INTEGER NOT NULL DEFAULT 0,"
        " mark BLOB NOT NULL DEFAULT (randomblob(8))) STRICT"
    )
    db.execute("CREATE INDEX step_log ON step (log)")
    db.execute("INSERT INTO step (log, low, high) SELECT id, 0, size FROM log WHERE size > 0 ORDER BY id")
    db.execute(
        "CREATE TRIGGER step_grown AFTER UPDATE OF shown_size ON log"
        " WHEN NEW.shown_size > OLD.shown_size BEGIN"
        " INSERT INTO step (log, low, high) VALUES (NEW.id, OLD.shown_size, NEW.shown_size); END"
    )
    # What was passed over while a log was blocked is told after that.
    db.execute(
        "CREATE TRIGGER step_unblocked AFTER DELETE ON blocked BEGIN INSERT INTO step (log, low, high)"
        " SELECT id, 0, shown_size FROM log WHERE id = OLD.log AND shown_size > 0; END"
    )


@migrations()
def m035_joining(db: Database) -> None:
    """What the operator joined and took out of projects; see ``store.joined``."""
    db.execute(
        "CREATE TABLE joining (number INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL,"
        " entry TEXT NOT NULL, entry_id BLOB NOT NULL, other TEXT NOT NULL, other_id BLOB,"
        " reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL) STRICT"
    )
