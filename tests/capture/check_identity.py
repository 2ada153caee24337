# SPDX-License-Identifier: MIT
"""Both walkers, and a forked one, write the same bytes about the same heap."""
import collections
import ctypes
import os

import heapsnap
import suite
from heapsnap import _accelerated
from suite import Skip


class Plain(object):
    pass


class Slotted(object):
    __slots__ = ('left', 'right')


class Empty(object):
    __slots__ = ()


class MyDict(dict):
    pass


class MyList(list):
    pass


class MyInt(int):
    pass


async def _coroutine(argument):
    return argument


def _variety():
    kept = []
    for n in range(50):
        plain = Plain()
        plain.first, plain.second = [n], {}
        if n % 3 == 0:
            plain.__dict__
        slotted = Slotted()
        slotted.left = plain
        mine, items, number = MyDict(key=n), MyList([plain]), MyInt(n)
        mine.extra = items.extra = number.extra = plain
        kept += [plain, slotted, Empty(), mine, items, number, {1, plain}, (plain, n), 1.5 * n,
                 'text %d' % n, b'bytes', 10 ** n, u'\xe9\U0001f600\ud800"\\\n',
                 collections.OrderedDict(a=plain), collections.deque([plain]),
                 collections.defaultdict(list, {plain: 1}), (lambda x=plain, *, y=n: kept),
                 (value for value in kept)]
        next(kept[-1])
        try:
            raise ValueError(plain)
        except ValueError as error:
            kept.append(error)
    return kept


def test_both_walkers_write_the_same_bytes():
    if suite.MODE != 'c':
        raise Skip('needs the accelerator')
    kept = _variety()
    coroutine = _coroutine(kept)
    kept.append(coroutine)
    # The C library's fork: os.fork would call at-fork hooks, which change the heap.
    fork = ctypes.PyDLL(None).fork
    enabled = _accelerated.enabled
    folders = [os.path.join(suite.FOLDER, name) for name in ('pure', 'c', 'fork')]
    forked = bytearray(1)
    given = tuple(b'{"object":%d,' % id(number) for number in (0, 1))
    for options in ({}, {'values': True}):
        for folder in folders:
            os.mkdir(folder)
        child = os.fork()
        if not child:
            # The grandchild captures without, the great-grandchild with the accelerator's fork.
            enabled[0] = fork() == 0
            forked[0] = enabled[0] and fork() == 0
            os.chdir(folders[enabled[0] + forked[0]])
            try:
                heapsnap.dump('a.jsonl', fork=forked[0], **options)
            finally:
                try:
                    os.wait()
                finally:
                    os._exit(0)
        os.waitpid(child, 0)
        dumps = []
        for folder in folders:
            with open(os.path.join(folder, 'a.jsonl'), 'rb') as file:
                dumps.append(file.read().split(b'\n'))
            os.unlink(os.path.join(folder, 'a.jsonl'))
            os.rmdir(folder)
        assert len(dumps[0]) > 5000
        # The first line says who wrote it when.
        for other in dumps[1:]:
            for pure, fast in zip(dumps[0][1:], other[1:]):
                # The value of the argument `fork` is an object, too.
                assert pure == fast or pure.startswith(given), (pure, fast)
            assert len(dumps[0]) == len(other)
        other = None
        del dumps[:]
    coroutine.close()
