"""The command line: one module per group of commands, loaded only when one is called.

- ``main``: the tree of all commands, and one run from words to exit code.
- ``settings``, ``output``, ``exits``: what every command shares: the common options, data
  on stdout and words on stderr, the table of exit codes.
- ``homes``, ``publishing``: opening the node's home, choosing an own log, publishing.
- ``options``, ``fingerprints``, ``recovery``: options that several commands share.
- ``setup``, ``serving``, ``log``, ``entry``, ``importing``, ``searching``, ``project``, ``reading``,
  ``verifying``, ``peers``, ``known``, ``database``, ``tour``, ``doctor``: the commands.

A command returns an exit code and raises what went wrong; only ``exits`` knows which
error is which code.
"""
