"""The desk: people who publish without a terminal, and what they work on before it is signed.

- ``accounts`` says who may sign in and what for; ``passwords`` which passwords are taken, and how they are
  kept.
- ``door`` lets people in, ``backoff`` slows down who guesses, ``sessions`` remembers who is in.

Nothing here knows a page or an address of one: pages and commands ask it alike.
"""
