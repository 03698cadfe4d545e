"""The pages of the desk, below ``/{locale}/admin``: publishing without a terminal.

- ``gate``: who asks, and whether a form is one of these pages' own; ``sent``: what a form sent.
- ``entering``: in and out; ``start``: what waits; ``showing``: drafts in a list.
- ``beginning``, ``writing``, ``drafts``, ``statements``: from an address or an empty form to the receipt, and
  what can be done with what was published.
- ``tables``: many drafts at once; ``letters``: what outsiders send in, and the queue.
- ``operating``: others, moderation, problems and the audit trail, for operators; ``setup``: the first run.
- ``sheets``: which inputs a form has; ``filling``: from a statement to a form and back; ``steps``: where in a
  statement a value stands.
- ``pages``: which page is at which path.

A page only translates: what may be done, and what comes of it, is decided in :mod:`node.desk`. Every form
answers at the address of its page, with a page that says what is wrong or with the way to the next one; so
a reload repeats nothing. All of it works without a program in the browser.
"""
