#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What wgpeer.py leaves out: handshakes that cross, indices of others, cookies, and the roles exchanged.

wgcross.py IMPLEMENTATION: as wgpeer.py, to be run in host2.
"""

import contextlib
import os
import select
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import wgpeer as w
from wgpeer import DEVICE, OURS, PEER, THEIRS, tap, wn, wp, ws
from wgpeer import COOKIE, DATA, INITIATION, RESPONSE


def receive(end, length):
    """The next datagram of this length, which the end does not look at, and its source."""
    while select.select([end.node.sock], [], [], w.LONG)[0]:
        data, source = end.node.sock.recvfrom(65536)
        if len(data) == length:
            return data, source
    raise TimeoutError(f"no datagram of {length} bytes")


def answer(end, initiation, index):
    """A response to the initiation; the end has the session that it makes as its next."""
    right = wn.Responder(w.device.suite, end.peer.private, initiation)
    message, keys = right.response(index)
    end.peer.next = wn.Transport(w.device.suite, keys, index, right.remote_index, False, end.peer.clock())
    return message


@contextlib.contextmanager
def pings(address):
    """The device sends one ping there meanwhile; it ends once that is answered."""
    with subprocess.Popen(["ip", "netns", "exec", "host1", "ping", "-q", "-c", "1", "-W", str(w.LONG), address],
                          stdout=subprocess.DEVNULL) as ping:
        yield ping
        ping.kill()


def test_begun_by_device():
    """Data is judged in the same way when it was the device that began the handshake."""
    end = w.fresh(endpoint=PEER)
    tap.ok(w.device_pings(end, OURS[0]), "the device begins: a handshake, and a ping")
    tap.ok(not end.peer.current.initiator, "in a session that the device began")
    other = w.device.other_suite.first_type
    for options in w.WRONG_DATA:
        options = options.replace("OTHER", str(other + 3))
        since = len(end.entries)
        tap.equal(end.answered(f"send data to={THEIRS[0]} {options}"), False,
                  f"the device began, ignored: data {options[:60]}")
        tap.equal(end.came(since), 1, "nothing else came")
    for offset, good in w.OFFSETS:
        tap.equal(end.answered(f"send data to={THEIRS[0]} counter={offset}"), good,
                  f"the device began, counter {offset}: {'taken' if good else 'refused'}")
    since = len(end.entries)
    end.do("again response", "send response", "send cookie")
    tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, "its response once more, and others, change nothing")
    tap.equal(end.came(since), 2, "and are not answered")
    end.close()


def test_last_counter():
    """The last counter that a session may have, and the one behind it."""
    end = w.fresh()
    tap.ok(end.handshake(), "a handshake")
    session, limit = end.peer.current, w.device.suite.reject_after + w.device.beyond
    for counter, good in ((limit, False), (limit - 1, True)):
        since, seq = len(end.entries), end.node.sequence + 1
        end.node.sequence += 2
        end.node.send(session.seal(wn.pad(end.node.echo(THEIRS[0], seq)), counter))
        if not good:
            end.do(f"send data to={THEIRS[0]} seq={seq + 1}")
        tap.ok(end.wait(icmp_type=0, seq=seq if good else seq + 1), f"counter {counter:#x}: there is an answer")
        tap.equal(end.came(since, icmp_type=0, seq=seq), good, f"counter {counter:#x}: {'taken' if good else 'refused'}")
    tap.ok(end.handshake(), "a new handshake")
    tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, "after which there is an answer again")
    end.close()


def test_crossing():
    """Both begin at once: neither has the other's initiation when it sends its own."""
    end = w.fresh(endpoint=PEER)
    with pings(OURS[0]) as ping:
        initiation, source = receive(end, wn.LENGTHS[INITIATION])
        tap.ok(end.handshake(), "the device began too: it answers a handshake all the same")
        tap.ok(end.wait(icmp_type=8, source=THEIRS[0]), "what waited for its own comes in this session")
        tap.equal(ping.wait(), 0, "and its ping is answered")
    ours = end.peer.current
    tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, "ours is answered")
    late = answer(end, initiation, 4712)
    theirs, end.peer.next = end.peer.next, None
    since = len(end.entries)
    end.peer.previous = theirs  # where it is taken: a keepalive, that confirms it
    end.node.sock.sendto(late, source)
    if w.device.both_complete:
        # a worker processes the response, and may need longer than a ping
        end.wait(dir="in", receiver=theirs.local_index)
    tap.equal(end.answered(f"send data to={THEIRS[0]}"), True, "a late response to the other handshake does not end this session")
    confirmed = end.came(since, receiver=theirs.local_index) > 0
    tap.equal(confirmed, w.device.both_complete, f"the other handshake is {'' if w.device.both_complete else 'not '}complete then")
    tap.equal(end.answered(f"send data to={THEIRS[0]} session=previous"), confirmed, "which is a session, too, or not")
    tap.ok(end.peer.current is ours and w.device_pings(end, OURS[0]), "the device's next ping is answered as well")
    tap.equal(end.came(0, type=INITIATION), 0, "no other handshake was needed")
    end.close()


def test_indices():
    """The device waits for the responses of two peers: an index is only its owner's, and only what it is."""
    others = wn.generate_private()
    addresses = "10.9.0.3", "fd00:9::3"
    at = PEER[0], PEER[1] + 1
    end = w.fresh(endpoint=PEER)
    w.device.set_peer(wn.public_of(others), addresses, endpoint=at)
    other = w.End(others, w.public, at=at, addresses=addresses)
    with pings(OURS[0]) as ping, pings(addresses[0]) as second:
        first, source = receive(end, wn.LENGTHS[INITIATION])
        its = receive(other, wn.LENGTHS[INITIATION])[0]
        index = int.from_bytes(its[4:8], "little")
        right = answer(end, first, 815)
        crossed = end.node.spoil(RESPONSE, right, {"index": str(index)})
        data = wn.header(w.device.suite, DATA, int.from_bytes(first[4:8], "little")) + bytes(8) + os.urandom(112)
        cookie = wn.cookie_reply(w.device.suite, end.peer.public, its, os.urandom(16))
        for what, message in (("a response with the index of another peer's handshake", crossed),
                              ("data with the index of a handshake", data),
                              ("a cookie for another peer's initiation", cookie)):
            since, theirs = len(end.entries), len(other.entries)
            end.node.sock.sendto(message, source)
            end.take_all(0.2)
            other.take_all(0.1)
            tap.equal((end.came(since), other.came(theirs)), (0, 0), f"ignored: {what}")
        end.node.sock.sendto(right, source)
        tap.ok(end.wait(icmp_type=8, source=THEIRS[0]), "after the right response it sends what waited")
        tap.equal(ping.wait(), 0, "and its ping is answered")
        other.node.sock.sendto(answer(other, its, 816), source)
        tap.ok(other.wait(icmp_type=8, source=THEIRS[0]), "the other's too")
        tap.equal(second.wait(), 0, "and its ping is answered")
    end.close()
    other.close()


WRONG_COOKIES = ({"reserved": "1"}, {"index": "77"}, {"flip": "9"}, {"flip": "-1"}, {"cut": "1"}, {"extend": "1"})


def test_wrong_cookies():
    """A cookie is taken from who got the message, for that message, and only so."""
    suite = w.device.suite
    end = w.fresh(endpoint=PEER)
    with pings(OURS[0]):
        initiation, source = receive(end, wn.LENGTHS[INITIATION])
        secret = os.urandom(16)
        right = wn.cookie_reply(suite, end.peer.public, initiation, secret)
        wrong = [end.node.spoil(COOKIE, right, options) for options in WRONG_COOKIES]
        wrong.append(wn.cookie_reply(suite, os.urandom(32), initiation, secret))
        wrong.append(wn.cookie_reply(suite, end.peer.public, initiation[:-32] + bytes(32), secret))
        for message in wrong:
            end.node.sock.sendto(message, source)
        again = receive(end, wn.LENGTHS[INITIATION])[0]
        tap.equal(again[-16:], bytes(16), f"{len(wrong)} wrong cookies: its next initiation has none")
        # only a cookie for the last message counts
        end.node.sock.sendto(right, source)
        end.node.sock.sendto(wn.cookie_reply(suite, end.peer.public, again, secret), source)
        again = receive(end, wn.LENGTHS[INITIATION])[0]
        tap.ok(wn.has_mac2(again, secret), "a right one: the next has it")
    end.close()
    end = w.fresh()
    end.node.sock.sendto(end.peer.initiation(), DEVICE)
    response, source = receive(end, wn.LENGTHS[RESPONSE])
    tap.equal(response[-16:], bytes(16), "its response has none")
    end.node.sock.sendto(wn.cookie_reply(suite, end.peer.public, response, secret), source)
    time.sleep(0.1)
    end.node.sock.sendto(end.peer.initiation(), DEVICE)
    response = receive(end, wn.LENGTHS[RESPONSE])[0]
    tap.ok(wn.has_mac2(response, secret), "a cookie for its response: the next response has it")
    end.close()


def main():
    w.start()
    tap.run([test_begun_by_device, test_last_counter, test_crossing, test_indices, test_wrong_cookies, w.device.end])


if __name__ == "__main__":
    main()
