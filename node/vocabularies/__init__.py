"""What the words of the catalogue are called and mean, in people's languages.

- ``terms``: a vocabulary and its terms, as values and as readers are told of them.
- ``bundled``: those that come with the program, a file in ``data`` each; English, French, Italian, Spanish.
- ``standards``: those that others keep: places, languages, licences, from libraries that follow them.
- ``every``: all of them by name, and the name of a single word.

Which words there are, and which topics lie within which, is said by ``protocol.vocabulary``: checking a
statement needs no names.
"""
