#!/usr/bin/python3
"""Many scripted daemons with a few clients each in one process: `crowd.py FOLDER COUNT CLIENTS` listens
on FOLDER/NUMBER.sock for each, says "ready", and then a line with the time of each load-stats, with
which a poll begins."""

import asyncio
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from fake.daemon import Daemon  # noqa: E402  (the path comes first)


class Session(asyncio.Protocol):
    """The one of a daemon."""

    def __init__(self, clients):
        self._daemon = Daemon(mode="server")
        self._daemon.add_clients(clients)
        self._link = None

    def connection_made(self, transport):
        self._link = transport
        self._daemon.connected("unix")
        self._answer()

    def data_received(self, data):
        if data.startswith(b"load-stats"):
            print(time.monotonic(), flush=True)
        self._daemon.feed(data)
        self._answer()

    def _answer(self):
        output = self._daemon.output
        while output:
            entry = output.popleft()
            self._link.write(entry if isinstance(entry, bytes) else b"".join(entry))


async def main(folder, count, clients):
    loop = asyncio.get_running_loop()
    for number in range(1, count + 1):
        await loop.create_unix_server(lambda: Session(clients), f"{folder}/{number}.sock", backlog=1)
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
