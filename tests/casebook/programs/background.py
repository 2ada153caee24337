# SPDX-License-Identifier: MIT
"""Finished tasks in a set that nothing discards: background.py BEFORE AFTER."""
import asyncio
import sys

import heapsnap

background = set()


async def notify(number):
    await asyncio.sleep(0)


async def traffic(first, count):
    for i in range(first, first + count):
        # The leak: background.discard() is not a callback of the task.
        background.add(asyncio.get_running_loop().create_task(notify(i)))
    for _ in range(3):
        await asyncio.sleep(0)


async def main(before, after):
    await traffic(0, 10)
    heapsnap.dump(before, label='before')
    await traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
