#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""wgpyroute2.py DEV PRIVATE PUBLIC: a WireGuard link by Debian's python3-pyroute2, and what it reads back.
wgpyroute2.py DEV remove PUBLIC: removes the peer.
"""
import sys

from pyroute2 import IPRoute, WireGuard


def show(wireguard, dev):
    for message in wireguard.info(dev):
        print(message["version"], *(message.get_attr(f"WGDEVICE_A_{name}")
                                    for name in ("IFNAME", "LISTEN_PORT", "FWMARK", "PRIVATE_KEY", "PUBLIC_KEY")))
        for peer in message.get_attr("WGDEVICE_A_PEERS") or []:
            print(*(peer.get_attr(f"WGPEER_A_{name}") for name in (
                "PUBLIC_KEY", "PRESHARED_KEY", "ENDPOINT", "PERSISTENT_KEEPALIVE_INTERVAL", "PROTOCOL_VERSION")))
            for ip in peer.get_attr("WGPEER_A_ALLOWEDIPS") or []:
                print(ip.get("addr"), ip.get_attr("WGALLOWEDIP_A_CIDR_MASK"))


def main():
    dev, what, public = sys.argv[1:]
    wireguard = WireGuard()
    if what == "remove":
        wireguard.set(dev, peer={"public_key": public, "remove": True})
        return
    with IPRoute() as route:
        route.link("add", ifname=dev, kind="wireguard")
        index = route.link_lookup(ifname=dev)[0]
        route.addr("add", index=index, address="10.0.0.1", prefixlen=24)
        wireguard.set(dev, private_key=what, listen_port=7001, fwmark=0x1337, peer={
            "public_key": public, "endpoint_addr": "192.0.2.2", "endpoint_port": 7002, "persistent_keepalive": 15,
            "allowed_ips": ["10.0.0.2/32", "fd00::/64"]})
        route.link("set", index=index, state="up")
        link = route.get_links(index)[0]
        print(link.get_attr("IFLA_MTU"), link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_KIND"))
    show(wireguard, dev)


if __name__ == "__main__":
    main()
