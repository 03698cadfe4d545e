"""What people would use instead: other systems over the same entries, each in its best setting.

What has to be installed for one of them is installed by its module, through the package
manager, into a directory that is gone afterwards. One that cannot be installed is left out,
and that is said.
"""
