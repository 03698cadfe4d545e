"""Contact data of people: finding them, keeping them out of imports, warning before they are published.

Statements are public, copied by every follower, and part of a log for ever, so they name
functions and no people. One set of rules serves both doors:

- ``mailboxes`` finds e-mail addresses and tells those of a function from those of a person;
  ``telephones`` finds telephone numbers, and not what only looks like one.
- ``people`` knows the keys that hold contact data, and names of people; ``words`` those words that
  name functions and organisations.
- ``texts`` puts the finds of a text together and takes them out of it: an import.
- ``lint`` goes through a whole statement and says what stands where: publishing by hand.

Nothing here reads or writes anything, and no message repeats what was found.
"""
