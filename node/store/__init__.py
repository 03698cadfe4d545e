"""The durable form of every log, own or followed.

``database`` opens SQLite, ``schema`` says what is in it. ``files`` writes durably,
``tree`` keeps leaves and tile hashes, ``content`` keeps blobs. ``logs`` lists the logs,
``logstore`` puts one log together and is the ``Mirror`` that ``federation`` writes to.
"""
