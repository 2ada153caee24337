# SPDX-License-Identifier: MIT
"""Hands a plan to the C accelerator, when it was built; the output is that of _walk.py."""
import gc
import os

from . import _frames
from . import _layout
from . import _types
from . import _walk
from ._layout import layout, mem

try:
    from . import _heapsnap
except ImportError:
    _heapsnap = None

# A byte that tests clear to compare both walkers: a change that no dump can show.
enabled = bytearray((1,))
_subclasses = type.__dict__['__subclasses__']


def available():
    """Is there an accelerator that fits this interpreter?"""
    return _heapsnap is not None and mem is not None and enabled[0] == 1


def _known(offset):
    return -1 if offset is None else offset


_names = [_known(offset) for offset in (layout.code_names + (None,) * 3)[:3]]
OFFSETS = tuple(_known(offset) for offset in (
    _walk._closure, _walk._defaults, _walk._code, _walk._function_name, _walk._module_name,
    layout.code_name, layout.code_free, layout.frame_base, layout.frame_code,
    layout.frame_locals, layout.generator_base, layout.cached_keys,
    _layout.STATIC_TYPE_EXTRA)) + (tuple(_names), len(layout.code_names), _layout.RC_MASK,
                                   _layout.RC_IMMORTAL, layout.inline == _layout.EMBEDDED)


def _types_to_describe(lists):
    """The types whose instances the walk may meet, found without asking a metaclass."""
    used = set(map(id, _heapsnap.types_in(lists)))
    frozen = hasattr(gc, 'get_freeze_count') and gc.get_freeze_count()
    found = [object]
    seen = {id(object)}
    for base in found:
        for t in _subclasses(base):
            if id(t) not in seen:
                seen.add(id(t))
                found.append(t)
    # Instances that the collector does not know may be of any type that is not its business;
    # those of gc.freeze() are in no list.
    # With other threads, an object of any type may come into being before the walk begins.
    alone = _frames.alone()
    return [t for t in found if frozen or not alone or not lists or id(t) in used or
            not _layout.type_flags(t) & _layout.IS_GC]


def walk(output, lists, plan, head, tail, marker=None):
    """Write the whole file; with a marker, in a child process, whose pid is returned.

    That process fills the lists, as _dump._lists() does.
    """
    described = [_types.describe(t, plan.kinds, plan.values) for t in _types_to_describe(lists)]
    direct = not output.gzip or _heapsnap.can_gzip
    return _heapsnap.walk(
        fd=output.fd, gzip=output.gzip and direct, write=None if direct else output.write,
        head=head.encode('ascii'), lists=lists, rows=plan.rows, tail=tail.encode('ascii'),
        targets=plan.targets, roots=len(plan.roots), types=described, adjust=plan.adjust, sizes=plan.sizes,
        skip=dict.fromkeys(plan.skip, 0),
        describe=lambda t: _types.describe(t, plan.kinds, plan.values), offsets=OFFSETS,
        traceback=plan.traceback,
        fork=None if marker is None else (
            os.fsencode(output.temporary or ''), os.fsencode(output.path), gc.get_objects, marker))
