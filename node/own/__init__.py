"""The logs that this node publishes, and when it may sign for them.

``founding`` starts a log. ``drafts`` holds what waits, ``sequencer`` appends and signs,
``heartbeat`` shows that the log is alive, ``cosigner`` vouches for carried trees. ``keyfiles``
keeps the keys. ``headlock`` is the second place that knows the own head, the world is the third:
``clearance`` compares them before the first signature.
"""
