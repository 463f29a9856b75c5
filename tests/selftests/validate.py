#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""validate.py NAME [lines]: is what comes in on stdin as Documentation/json/NAME.json says?

With "lines" each line is a document. Status 1, and what is wrong, if one is not, or there is none.
"""
import json
import pathlib
import sys

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent.parent.parent / "Documentation/json"
STORE = {path.name: json.loads(path.read_text()) for path in HERE.glob("*.json")}


def main():
    schema = STORE[sys.argv[1] + ".json"]
    resolver = jsonschema.RefResolver(schema["$id"], schema, STORE)
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    text = sys.stdin.read()
    documents = text.splitlines() if sys.argv[2:] == ["lines"] else [text]
    bad = 0
    for document in documents:
        for error in validator.iter_errors(json.loads(document)):
            print(f"{error.json_path}: {error.message}")
            bad = 1
    if not documents:
        print("nothing came")
    sys.exit(bad or not documents)


if __name__ == "__main__":
    main()
