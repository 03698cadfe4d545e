"""Feeds: pages of items as Atom (RFC 4287), JSON Feed 1.1 and iCalendar (RFC 5545).

``entries`` says what a feed has, of whatever is shown; ``searches``, ``projects``, ``reminders`` and ``news``
gather it, ``readers`` says for whom; ``atom``, ``jsonfeed`` and ``calendar`` write it.
"""
