"""
A wall: answers whatever is sent to it with one and the same "wait", and knows nothing.

    python -m bench.wall PORT        until it is ended

What a crowd costs that runs into it is what the crowd itself costs on this machine: its own client, and the sockets.
"""

import asyncio
import sys

_ANSWER = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 5\r\n\r\nwait\n"


class _Wall(asyncio.Protocol):
    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(_ANSWER)


async def _stand(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Wall, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_stand(int(sys.argv[1])))
