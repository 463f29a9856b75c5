#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Prints noise_fixtures.h: the handshakes of noise-*.json, and HMAC-BLAKE2s of Python."""

import hashlib
import hmac
import json
import pathlib

# Bytes of what is authenticated: around the block of 64.
LENGTHS = (0, 1, 33, 63, 64, 65, 128, 200)


def field(name, data):
    rows = (data[at : at + 12] for at in range(0, len(data), 12))
    lines = "\n".join("\t\t\t" + " ".join(f"0x{byte:02x}," for byte in row) for row in rows)
    return f"\t\t.{name} = {{\n{lines}\n\t\t}},"


def handshake(vector):
    yield "\t{"
    yield f'\t\t.name = "{vector["name"]}",'
    for role in ("initiator", "responder"):
        yield f"\t\t.{role}_index = 0x{vector[role]['index']:08x},"
    cookie = vector["cookie"]
    fields = {"psk": vector["psk"], "timestamp": vector["timestamp"]}
    for role in ("initiator", "responder"):
        for kind in ("static", "ephemeral"):
            fields[f"{role}_{kind}"] = vector[role][kind]["private"]
        fields[f"{role}_public"] = vector[role]["static"]["public"]
    for message in ("initiation", "response"):
        fields[message] = vector[message]["message"]
        fields[f"{message}_hash"] = vector[message]["after"]["hash"]
        fields[f"{message}_chain"] = vector[message]["after"]["chaining_key"]
    fields["send_key"] = vector["initiator_send_key"]
    fields["receive_key"] = vector["initiator_receive_key"]
    fields["cookie_secret"] = cookie["secret"]
    fields["cookie_source"] = cookie["source"]
    fields["cookie"] = cookie["cookie"]
    fields["cookie_reply"] = cookie["reply"]
    fields["cookie_initiation"] = cookie["initiation"]
    for name, data in fields.items():
        yield field(name, bytes.fromhex(data))
    yield "\t},"


def hmacs():
    """The MAC of the first bytes of 0, 1, 2 … under the key 0xff, 0xfe, …"""
    key = bytes(255 - i for i in range(32))
    for length in LENGTHS:
        yield f"\t{{\n\t\t.len = {length},"
        yield field("mac", hmac.new(key, bytes(range(length)), hashlib.blake2s).digest())
        yield "\t},"


def main():
    fixtures = pathlib.Path(__file__).resolve().parent.parent / "fixtures"
    print("/* SPDX-License-Identifier: GPL-2.0-only */")
    print("/* Written by noise_fixtures.py. */")
    for array, cipher in (("noise_fixtures", "chacha20-poly1305"), ("noise_aes_fixtures", "aes-256-gcm")):
        vectors = json.loads((fixtures / f"noise-{cipher}.json").read_text(encoding="utf-8"))
        print(f"\nstatic const struct noise_fixture {array}[] = {{")
        for vector in vectors["handshakes"]:
            print("\n".join(handshake(vector)))
        print("};")
    print("\nstatic const struct hmac_fixture hmac_fixtures[] = {")
    print("\n".join(hmacs()))
    print("};")


if __name__ == "__main__":
    main()
