"""The running service: configuration, storage, own logs, answers, HTTP, CLI.

- ``store``: database, tree files, content files; the durable form of a log.
- ``own``: keys, the sequencer, and the rules of when this node may sign.
- ``answers``: the combined catalogue derived from the verified logs.
- ``interop``: foreign catalogue formats.
- ``http``: the HTTP surface. ``app``: the application that serves it. ``cli``: the commands.
- ``demo``: three nodes at once.
"""
