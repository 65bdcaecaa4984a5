"""
A crowd that tries passwords: a process of its own, from many loopback networks, at a steady rate, until its time is over.

    python -m bench.crowd PORT RATE SECONDS NETWORKS        prints one JSON object: how many were answered with what

Each network has one connection, as cheap as can be: what is measured is what the crowd does to others, not what it costs itself.
"""

import asyncio
import json
import sys
import time
from collections import Counter

from bench.wire import form_secret, login_request


class _Network(asyncio.Protocol):
    """One network's connection: sends a try when told, counts the answers; a connection that was closed is opened again."""

    def __init__(self, answers: Counter[str]) -> None:
        self.answers = answers
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 "):
            self.answers[data[9:12].decode()] += 1


async def _attack(port: int, rate: float, seconds: float, networks: int) -> Counter[str]:
    loop, answers = asyncio.get_running_loop(), Counter[str]()
    secret = form_secret(port)
    crowd = [_Network(answers) for _ in range(networks)]
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        due = int((time.monotonic() - began) * rate)
        for number in range(sent, due):
            member = crowd[number % networks]
            if member.transport is None or member.transport.is_closing():
                place = (f"127.{100 + number % networks // 200}.{1 + number % networks % 200}.1", 0)
                await loop.create_connection(lambda m=member: m, "127.0.0.1", port, local_addr=place)  # type: ignore[misc]
            # Half of them are of people who are there, half of nobody.
            address = (
                f"person-{20_000 + number}@mail.example" if number % 2 else f"nobody-{number}@mail.example"
            )
            member.transport.write(login_request(port, secret, address, "from-a-list-that-leaked"))  # type: ignore[union-attr]
        sent = due
        await asyncio.sleep(0.005)
    await asyncio.sleep(1)
    answers["sent"] = sent
    return answers


if __name__ == "__main__":
    print(
        json.dumps(
            asyncio.run(_attack(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
        )
    )
