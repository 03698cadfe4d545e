"""Foreign formats: reading them into entries, writing entries as them.

- ``yaml_loader`` reads YAML, for the whole project.
- ``record`` holds what every importer hands over: records with remarks.
- ``places`` finds the documents behind files, folders and URLs.
- ``found_at`` knows at which repository a file was found.
- ``personal`` keeps personal contact data out of entries.
- ``publiccode`` reads a publiccode.yml, ``publiccode_fields`` maps its keys to those of an
  entry, ``publiccode_write`` writes one.
"""
