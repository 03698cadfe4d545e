"""Every bound on what other people may cost us, in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on answers, time, effort and patience. Bytes are counted after decoding.

    Attributes:
        checkpoint_bytes: 100 signature lines with a few post-quantum ones among them fit; a
            signed note of ours has 400 bytes.
        keys_bytes: The format's own limit for a key-set note.
        card_bytes: A node that hosts some hundred logs.
        policy_bytes: Ten thousand words about admission, licence and contact.
        publishers_bytes: Two thousand lines of a ``fedcat-publishers`` file, as many as are read.
        news_bytes: A hundred long posts of somebody's feed of news.
        feed_bytes: The format's own limit for the checkpoints of all logs of a node.
        evidence_bytes: The format's own limit: two hundred key sets of the largest size.
        bundle_bytes: A full bundle has 16,896. The rest lets us read a bundle whose entries are
            too long, and so tell a malformed tree from a lying source.
        content_bytes: Above this a bundle's blobs are fetched one by one, so that no answer has
            to be held that a full bundle of the largest blobs (64 MiB) would need.
        portion_bytes: Blobs of a bundle that come one by one are stored when they are so many bytes.
        blob_bytes: The largest payload (256 KiB) and its salt.
        etag_chars: Longer ones are not remembered; they would be sent with every request.
        redirects: Enough for a canonical spelling, too few to lead anywhere.
        connect_seconds: To resolve, connect and greet. Longer hurts everyone behind in the round.
        answer_seconds: From the request to the headers.
        total_seconds: For one whole answer, whatever its rate.
        round_seconds: For one round of one log; the next one goes on from what is stored. Without it a
            log that trickles would keep its place among those synced side by side for days.
        rate_bytes: Slowest body per second that we wait for; eight at once are a slow modem line.
        rate_seconds: The rate is judged over this time, so that a short pause is forgiven.
        keep_alive_seconds: Longer than the usual poll interval: a poll then costs no handshake.
        parallel: Requests at once for one log; more gain nothing (measured).
        few_bundles: Up to so many missing bundles come from whoever showed the checkpoint; more are
            shared out among all sources, for which asking around is worth it.
        stall_seconds: After so long another source is asked as well for a file, when nothing is known
            of how long it should take.
        window: Files verified in memory before they are stored: 64 bundles are 1 MiB of leaves.
        replay_leaves: Leaves replayed at once; they are dropped afterwards.
        entries: Largest log followed, in leaves: 640 MB of them. A signed size beyond it is not worth a
            single request.
        new_entries: Leaves that a log may grow by in a day, its first copy aside. A week's worth can be
            saved up, so that a large catalogue may change all of it once.
        kept_bytes: Contents of one log on the disk; a million entries of the usual kind take 1 GB.
        void_leaves: Leaves of a log without effect. A program that errs leaves a few; each costs a row.
        few_blobs: Up to so many blobs of a bundle are fetched singly; more are fetched whole.
        missing_blobs: After so many blobs in one round that no source had, the rest is not
            asked for: the sources have the tree and not the contents.
        withheld_seconds: How long a current blob may be missing from all sources before the log
            goes on without it.
        strikes: A source that could not be reached so often is left alone for the round.
        ahead_seconds: Heartbeats from further in the future are not believed.
        conflicts: How often a round begins anew because another process advanced the log.
    """

    checkpoint_bytes: int = 131_072
    keys_bytes: int = 65_536
    card_bytes: int = 262_144
    policy_bytes: int = 65_536
    publishers_bytes: int = 262_144
    news_bytes: int = 1_048_576
    feed_bytes: int = 16_777_216
    evidence_bytes: int = 20_971_520
    bundle_bytes: int = 65_536
    content_bytes: int = 8_388_608
    portion_bytes: int = 1_048_576
    blob_bytes: int = 262_160
    etag_chars: int = 128
    redirects: int = 3
    connect_seconds: float = 10.0
    answer_seconds: float = 20.0
    total_seconds: float = 300.0
    round_seconds: float = 600.0
    rate_bytes: int = 1_024
    rate_seconds: float = 10.0
    keep_alive_seconds: float = 90.0
    parallel: int = 8
    few_bundles: int = 4
    stall_seconds: float = 5.0
    window: int = 64
    replay_leaves: int = 4_096
    entries: int = 10_000_000
    new_entries: int = 250_000
    kept_bytes: int = 8_589_934_592
    void_leaves: int = 10_000
    few_blobs: int = 8
    missing_blobs: int = 256
    withheld_seconds: int = 900
    strikes: int = 2
    ahead_seconds: int = 300
    conflicts: int = 3
