"""The planet: what publishers write elsewhere, gathered from the feeds that they name.

An entry or a profile names a feed with a link ``updates-feed``; ``store.references`` has which. ``gathering``
asks for them, ``reading`` understands what comes (Atom and RSS by ``xmlfeeds``, JSON Feed by ``jsonfeeds``),
``plain`` leaves words alone of it, and ``shown`` is what people and programs get. Nobody signed any of it:
it is shown with its feed and with whoever names that.
"""
