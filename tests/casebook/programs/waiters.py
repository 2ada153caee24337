# SPDX-License-Identifier: MIT
"""Coroutines that wait for an event that nobody sets: waiters.py BEFORE AFTER."""
import asyncio
import sys

import heapsnap

gate = None


class Ticket:
    def __init__(self, number):
        self.number = number
        self.notes = ['seat %d' % number] * 8


async def attend(ticket):
    await gate.wait()
    ticket.notes.clear()


async def traffic(first, count):
    global gate
    gate = gate or asyncio.Event()
    for i in range(first, first + count):
        asyncio.ensure_future(attend(Ticket(i)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def main(before, after):
    await traffic(0, 10)
    heapsnap.dump(before, label='before')
    await traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
