# SPDX-License-Identifier: MIT
"""An asyncio gateway whose requests wait for answers that never come: app.py BEFORE AFTER."""
import asyncio
import sys

import heapsnap


class Request:
    def __init__(self, number):
        self.number = number
        self.headers = {'id': str(number), 'accept': '*/*'}
        self.body = bytearray(400)


class Upstream:
    """Answers come back by id. The leak: a lost answer leaves its waiter for good, with no timeout."""

    def __init__(self):
        self._waiting = {}

    async def call(self, number):
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        return await answer

    def answered(self, number):
        self._waiting.pop(number).set_result(number * 2)


class Gateway:
    def __init__(self):
        self.upstream = Upstream()
        self.answers = 0

    async def handle(self, request):
        self.answers += await self.upstream.call(request.number)


gateway = Gateway()


async def traffic(first, count):
    for i in range(first, first + count):
        asyncio.ensure_future(gateway.handle(Request(i)))
        await asyncio.sleep(0)
        if i % 2:
            gateway.upstream.answered(i)
    await asyncio.sleep(0)


async def main(before, after):
    await traffic(0, 40)
    heapsnap.dump(before, label='before')
    await traffic(40, 1200)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
