"""``fedcat entry import publiccode``: take entries from other people's files.

``--found-at`` is a CSV with the columns ``file``, ``source_repo`` and ``path``: at which
repository each file was found. It is the evidence that tells a project's own file from a
copy in a fork::

    file,source_repo,path
    publiccode/city__budget.yml,city/budget,publiccode.yml
"""
