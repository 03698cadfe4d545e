"""The desk: people who publish without a terminal, and what they work on before it is signed.

- ``accounts`` says who may sign in and what for; ``passwords`` which passwords are taken, and how they are
  kept.
- ``door`` lets people in, ``backoff`` slows down who guesses, ``sessions`` remembers who is in.
- ``manuscripts`` and ``kept`` hold what people work on, ``looking`` says what there is to know of one before
  it is signed, ``differing`` what it changes, ``sending`` hands it in, has it approved and gives it to the
  sequencer.
- ``prefilling`` begins one with what describes a repository, ``bulk`` many with the lines of a table.
- ``submissions`` holds what outsiders send in, until it becomes a draft or is refused.

Nothing here knows a page or an address of one: pages and commands ask it alike.
"""
