# SPDX-License-Identifier: MIT
"""Calls the leaking extension between two dumps: leaky_app.py idle|packet|list|none BEFORE AFTER."""
import sys

import heapsnap


def traffic(what, count):
    if what == 'idle':
        return
    import leaky
    call = {'packet': leaky.make_packet, 'list': leaky.copy_list,
            'none': lambda value: leaky.leak_none()}[what]
    for number in range(count):
        call([number])


def main(what, before, after):
    traffic(what, 10)
    heapsnap.dump(before, label='before')
    traffic(what, 500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
