"""How long the agent leaves a daemon's output unread, by the daemon's own clock."""

import threading
import time

SPOON = 1 << 18  # bytes; more than the kernel keeps for a reader that sleeps


class Pauses:
    """A thread in which a scripted daemon says a quarter of a megabyte again and again, each when
    the one before has gone out.

        with Pauses(fake) as pauses: ...
        pauses.longest      # seconds that one took
    """

    def __init__(self, fake):
        self.fake = fake
        self.took = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def longest(self):
        return max(self.took)

    def __enter__(self):
        self.fake.split_output(65536)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _run(self):
        line = b">LOG:1795454000,I," + b"x" * 1000 + b"\r\n"
        while not self._done.is_set():
            begin = time.monotonic()
            with self.fake.script() as daemon:
                daemon.output.append(line * (SPOON // len(line)))
            while not self.fake.written:
                time.sleep(0.001)
            self.took.append(time.monotonic() - begin)
            self._done.wait(0.02)
