"""The public pages: what a node knows, for people, rendered on the server and working without a program.

- ``locales``: the languages of the pages, and which of them a browser asks for.
- ``site``: what all pages have in common: templates, headers, addresses; ``marks``: how data becomes HTML.
- ``pieces``: what a statement says, cut into what a page can show; ``names``: what fields are called.
- ``front``, ``searching``, ``comparing``, ``projects``, ``entries``, ``organisations``, ``topics``,
  ``planning``, ``federated``, ``logbook``, ``following``, ``verification``, ``about``: the pages, by subject;
  ``timeline``: a drawing of plans.
- ``statics``: files that never change; ``refusals``: problems as pages.
- ``pages``: which page is at which path.

A page shows the same typed answers that the API gives (:mod:`node.answers`, :mod:`node.plans`), read by the
same parameters: there is no other way in. Everything that somebody states is in a ``bdi`` with its language,
and only ``marks`` makes HTML of it.
"""
