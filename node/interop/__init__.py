"""Foreign formats: reading them into entries, writing entries as them.

- ``yaml_loader`` reads YAML, for the whole project; ``json_loader`` other people's JSON.
- ``record`` holds what every importer hands over: records with remarks.
- ``places`` finds the documents behind files, folders and URLs.
- ``found_at`` knows at which repository a file was found.
- ``gleaning`` takes values out of a document without losing one, and leaves contact data of people
  behind; ``mapping`` and ``licences`` turn them into those of an entry, ``making`` makes a record of it.
- ``publiccode`` reads a publiccode.yml, ``publiccode_fields`` maps its keys to those of an
  entry, ``publiccode_write`` writes one.
- ``codejson`` and ``codejson_fields`` do so for code.json, ``dpg`` and ``dpg_fields`` for the
  registry of digital public goods.
- ``codemeta`` reads a codemeta.json.
"""
