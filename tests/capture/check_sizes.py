# SPDX-License-Identifier: MIT
"""Sizes are those of sys.getsizeof; lengths those of len; but no user code is asked."""
import collections
import sys

from suite import capture


class Plain(object):
    pass


class Asked(dict):
    def __sizeof__(self):
        raise RuntimeError('asked for its size')


SAMPLES = [
    [], list(range(100)), (), (1, 2, 3), {}, dict.fromkeys(range(100)), set(), set(range(100)),
    frozenset('abc'), 'ascii', 'caf\xe9', 'sm\u0131le', '\U0001f600', b'bytes', bytearray(b'x' * 50),
    5, 10 ** 40, -10 ** 20, 1.5, None, True, Plain, Plain(), len, print, sys, int, type,
    collections.deque(range(200)), collections.OrderedDict(a=1), collections.defaultdict(list),
    collections.Counter('abcabc'), object(), range(5), slice(1), 2j, Ellipsis, sys.flags, memoryview(b'abc'),
    iter([]), (x for x in ()), sys._getframe, lambda: 0, staticmethod(len), property(), super,
]


def test_sizes_equal_getsizeof():
    dump = capture()
    for sample in SAMPLES:
        assert dump.of(sample)['size'] == sys.getsizeof(sample), (
            type(sample), dump.of(sample)['size'], sys.getsizeof(sample))
    asked = Asked(a=1)
    dump = capture()
    assert dump.of(asked)['size'] >= sys.getsizeof(dict(a=1))


def test_lengths():
    dump = capture()
    for sample in SAMPLES:
        if isinstance(sample, (list, tuple, dict, set, frozenset, str, bytes, bytearray,
                               collections.deque)):
            assert dump.of(sample).get('len', 0) == len(sample)
        elif sample is not sys.flags:
            assert 'len' not in dump.of(sample), sample
