# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A netlink family from its YAML spec: operations, attributes and what each may contain."""

import pathlib
import re

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}


class Attribute:
    """One attribute of a set: its number, its type, and the bounds that the spec gives."""

    def __init__(self, family, set_name, raw, number):
        checks = {name: family.consts.get(value, value) for name, value in raw.get("checks", {}).items()}
        doc = raw.get("doc", "")
        self.set_name, self.name, self.number, self.kind = set_name, raw["name"], number, raw["type"]
        self.nested = raw.get("nested-attributes")
        self.multi = raw.get("multi-attr", False)
        self.hint = raw.get("display-hint")
        self.size = INTEGERS.get(self.kind)
        self.low = checks.get("min", 0)
        self.high = checks.get("max", (1 << 8 * self.size) - 1 if self.size else None)
        self.enum = raw.get("enum")
        if self.enum:
            self.high = len(family.entries[self.enum]) - 1
        self.shortest = checks.get("exact-len", checks.get("min-len", 0))
        self.longest = checks.get("exact-len", checks.get("max-len"))
        only = re.search(r"Only\s+protocols?\s+([^.]*?)\.", doc)
        # the protocols that have it, if not all have
        self.protocols = re.findall(r"camex|raw|jtunnel|wireguard", only[1]) if only else None
        self.read_only = bool(re.search(r"[Rr]ead\s+only|Only\s+in\s+replies", doc))
        self.secret = bool(re.search(r"\bSecret\b|All\s+of\s+them\s+are\s+secret", doc))
        self.hidden = bool(re.search(r"Never\s+returned", doc))


class Operation:
    """A command; do and dump are the names of the attributes of a request, or None."""

    def __init__(self, raw, number):
        def request(how):
            return (raw[how].get("request") or {}).get("attributes", []) if how in raw else None

        self.name, self.number = raw["name"], number
        self.set_name = raw["attribute-set"]
        self.do, self.dump = request("do"), request("dump")
        self.change = "uns-admin-perm" in raw.get("flags", [])


class Family:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            raw = yaml.load(file, LOADER)
        self.name, self.version = raw["name"], raw.get("version", 1)
        definitions = raw.get("definitions", [])
        self.consts = {d["name"]: d["value"] for d in definitions if d["type"] == "const"}
        self.entries = {d["name"]: [entry["name"] for entry in d["entries"]] for d in definitions if d["type"] == "enum"}
        self.sets = {}
        for one in raw["attribute-sets"]:
            number, attributes = 0, {}
            for attribute in one["attributes"]:
                number = attribute.get("value", number + 1)
                attributes[number] = Attribute(self, one["name"], attribute, number)
            self.sets[one["name"]] = attributes
        number, self.operations = 0, []
        for one in raw["operations"]["list"]:
            number = one.get("value", number + 1)
            if "do" in one or "dump" in one:
                self.operations.append(Operation(one, number))
        self.by_number = {op.number: op for op in self.operations}

    def attribute(self, set_name, name):
        return next(a for a in self.sets[set_name].values() if a.name == name)

    def top(self, command):
        """The set of a command's attributes; of an unknown command that of the first one."""
        operation = self.by_number.get(command, self.operations[0])
        return operation.set_name


def load():
    """{name: Family} of camex, wireguard and route."""
    here = pathlib.Path(__file__).resolve().parent
    families = {"camex": Family(here.parents[2] / "Documentation/netlink/specs/camex.yaml")}
    for name in ("wireguard", "route"):
        families[name] = Family(here / f"{name}.yaml")
    families["route"].sets.update(families["camex"].sets)
    return families
