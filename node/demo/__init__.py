"""Three nodes on one machine: a city, a national agency, a civic group.

``samples`` reads what they publish, ``world`` brings them up and takes them down, ``tour``
shows what a federation can do, ``run`` is what ``fedcat demo`` calls. Everything is real: real
homes, real keys, real requests over loopback.
"""
