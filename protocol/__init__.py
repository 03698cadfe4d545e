"""Bytes to values and back: the pure part of fedcat.

Nothing here waits, reads a clock, draws random numbers, or logs. Start at:

- ``errors``: what may be raised about foreign bytes.
- ``packing``: the strict msgpack profile.
- ``lines``: numbers and base64 in the text formats.
- ``origin``, ``keys``, ``note``, ``keytext``, ``keyset``: who signs, and how.
- ``checkpoint``, ``cosignature``: what is signed.
- ``policy``, ``witness``: whose cosignatures count, and asking for one.
- ``merkle``, ``tiles``: the tree, and the files it is published in.
- ``leaf``, ``blob``, ``replay``: what stands in the tree, and what it means.
- ``statement``, ``vocabulary``, ``validate``: what publishers state.
- ``proof``, ``evidence``: portable, offline-checkable objects.
- ``feed``, ``hint``: how nodes tell each other what is new.
"""
