"""The pages of the desk, below ``/{locale}/admin``: publishing without a terminal.

- ``gate``: who asks, and whether a form is one of these pages' own; ``sent``: what a form sent.
- ``entering``: in and out; ``start``: what waits.
- ``pages``: which page is at which path.

A page only translates: what may be done, and what comes of it, is decided in :mod:`node.desk`. Every form
answers at the address of its page, with a page that says what is wrong or with the way to the next one; so
a reload repeats nothing. All of it works without a program in the browser.
"""
