# SPDX-License-Identifier: MIT
"""Tasks that poll for ever, one more for every client: sleeping.py BEFORE AFTER."""
import asyncio
import sys

import heapsnap


class Client:
    def __init__(self, number):
        self.number = number
        self.inbox = bytearray(600)


async def poll(client):
    while True:
        await asyncio.sleep(3600)
        client.inbox.clear()


async def traffic(first, count):
    for i in range(first, first + count):
        # The leak: nothing cancels the task when the client goes.
        asyncio.ensure_future(poll(Client(i)))
    await asyncio.sleep(0)


async def main(before, after):
    await traffic(0, 10)
    heapsnap.dump(before, label='before')
    await traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
