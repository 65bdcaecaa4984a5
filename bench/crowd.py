"""
A crowd that tries passwords: a process of its own, from many loopback networks, at a steady rate, until its time is over.

    python -m bench.crowd PORT RATE SECONDS NETWORKS [AT]    prints one JSON object: how many were answered with what

It takes the form from PORT, and sends its tries there or to port AT. Each network has one connection, as cheap as can be: what is
measured is what the crowd does to others, not what it costs itself. Half of its networks take the next address of their list
whatever is answered; the others are told to wait and then try the same again, as better tools do.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count

from bench.wire import Secret, form_secret, login_request


class _Network(asyncio.Protocol):
    """One network's connection: sends a try when told, counts the answers; a connection that was closed is opened again."""

    def __init__(self, number: int, answers: Counter[str]) -> None:
        self.place = (f"127.{100 + number // 200}.{1 + number % 200}.1", 0)
        self.repeats, self.last = number % 2 == 1, b""
        self.answers = answers
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        for answer in data.split(b"HTTP/1.1 ")[1:]:
            status = answer[:3].decode()
            self.answers[status] += 1
            if not (self.repeats and status == "429"):
                self.last = b""

    async def send(self, port: int, tries: Iterator[bytes]) -> None:
        if self.transport is None or self.transport.is_closing():
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self, "127.0.0.1", port, local_addr=self.place)
        assert self.transport is not None
        self.last = self.last or next(tries)
        self.transport.write(self.last)


def _tries(port: int, secret: Secret) -> Iterator[bytes]:
    """Half of them for people who are there, half for nobody: those two by two, so that each network tries both."""
    for number in count():
        who = f"person-{20_000 + number}" if number // 2 % 2 else f"nobody-{number}"
        yield login_request(port, secret, f"{who}@mail.example", "from-a-list-that-leaked")


async def _attack(port: int, rate: float, seconds: float, networks: int, at: int) -> Counter[str]:
    answers, tries = Counter[str](), _tries(port, form_secret(port))
    crowd = [_Network(number, answers) for number in range(networks)]
    began, sent = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        for number in range(sent, int(passed * rate)):
            await crowd[number % networks].send(at, tries)
        sent = int(passed * rate)
        await asyncio.sleep(0.005)
    await asyncio.sleep(1)
    answers["sent"] = sent
    return answers


if __name__ == "__main__":
    _port, _rate, _seconds, _networks = (float(word) for word in sys.argv[1:5])
    _at = int(sys.argv[5]) if len(sys.argv) > 5 else int(_port)
    print(json.dumps(asyncio.run(_attack(int(_port), _rate, _seconds, int(_networks), _at))))
