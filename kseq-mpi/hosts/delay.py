#!/usr/bin/env python3
"""A network with a delay, for kernels without netem: carries what one host of `hosts.sh` sends to another so many
microseconds later. `delay.py HOSTS MICROSECONDS`; each host gets the address 10.78.0.N."""

import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
MTU = 9000


def device(host):
    """A network device whose packets this process reads and writes, moved to a host."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"delay{host}"
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), TUN_WITHOUT_HEADER))
    inside = ["ip", "-n", f"kseq{host}"]
    for command in [
        ["ip", "link", "set", name, "netns", f"kseq{host}"],
        [*inside, "link", "set", name, "mtu", str(MTU), "txqueuelen", "10000", "up"],
        [*inside, "address", "add", f"10.78.0.{host}/24", "dev", name],
    ]:
        subprocess.run(command, check=True)
    return fd


def main():
    hosts, delay = int(sys.argv[1]), float(sys.argv[2]) * 1e-6
    devices = [device(host + 1) for host in range(hosts)]
    print("ready", flush=True)
    under_way = collections.deque()
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for fd in select.select(devices, [], [], wait)[0]:
            packet = os.read(fd, MTU)
            to = packet[19] - 1  # the last byte of the destination
            if packet[0] >> 4 == 4 and to < hosts:
                under_way.append((time.monotonic() + delay, devices[to], packet))
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, fd, packet = under_way.popleft()
            os.write(fd, packet)


main()
