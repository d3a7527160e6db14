#!/usr/bin/env python3
"""A slow wire for kernels without netem: two network namespaces joined by a pair of TUN devices, between which this process
moves packets after a fixed delay. Both ends are real kernel TCP, so SYN, data and FIN all pay the delay.

    delay_wire.py FILE [CLIENT SERVER]     makes the namespaces CLIENT, else tls-c (10.99.0.1), and SERVER, else tls-s (10.99.0.2),
                                           prints "up", moves packets until it is ended

FILE holds the round trip in milliseconds; write to it at any time. 0 still goes through this process, about 0.1 ms.
The namespaces stay afterwards: `ip netns del tls-c; ip netns del tls-s` removes them.
"""
import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 1, 0x1000, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace_fd):
    if libc.setns(namespace_fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def end_of_wire(namespace, address):
    """Makes the namespace and the device in it; leaves this process there."""
    if not os.path.exists(f"/run/netns/{namespace}"):
        subprocess.run(["ip", "netns", "add", namespace], check=True)
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    enter(descriptor)
    os.close(descriptor)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", b"wire0", IFF_TUN | IFF_NO_PI))
    for command in ("link set lo up", f"addr add {address}/24 dev wire0", "link set wire0 up txqueuelen 5000"):
        subprocess.run(["ip", *command.split()], check=True)
    return device


def move_packets(one, other, file):
    far_end = {one: other, other: one}
    underway, number, half, looked = [], 0, 0.0, 0.0
    while True:
        now = time.monotonic()
        while underway and underway[0][0] <= now:
            _, _, device, packet = heapq.heappop(underway)
            try:
                os.write(device, packet)
            except OSError:
                pass  # a full queue drops packets, like any wire
        wait = max(0.0, underway[0][0] - time.monotonic()) if underway else 0.5
        readable, _, _ = select.select([one, other], [], [], wait)
        now = time.monotonic()
        if now - looked > 0.5:
            looked = now
            try:
                with open(file) as text:
                    half = float(text.read()) / 2000
            except (OSError, ValueError):
                pass  # being written
        for device in readable:
            for _ in range(64):
                try:
                    packet = os.read(device, 2048)
                except BlockingIOError:
                    break
                number += 1
                heapq.heappush(underway, (now + half, number, far_end[device], packet))


def main():
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    client_name, server_name = sys.argv[2:4] or ("tls-c", "tls-s")
    client = end_of_wire(client_name, "10.99.0.1")
    enter(home)
    server = end_of_wire(server_name, "10.99.0.2")
    enter(home)
    print("up", flush=True)
    move_packets(client, server, sys.argv[1])


main()
