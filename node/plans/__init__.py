"""Who plans, looks for, offers and asks what: answers about single items of entries.

``node.answers.planned`` derives the items and indexes them beside the projects; here they are asked for:

- ``questions``: words, filters, days; totals and facets; pages.
- ``shown``: what is shown of an item.
- ``freshness``: which statements nobody confirmed for long, and what of one's own is among them.
- ``overlaps``: planned work of several publishers that could be one.
- ``sharing``: what two items have in common, and how much that tells.
- ``providers``: who can be hired, and what they offer themselves.
"""
