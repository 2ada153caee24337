# SPDX-License-Identifier: MIT
"""Keeps tracemalloc from tracing what the capture itself allocates.

A traced allocation costs a search for the line of every frame on the stack, twenty times what the
walk does with an object. tracemalloc puts hooks in front of the interpreter's two object
allocators; while a walk runs, new blocks come from what is behind the hooks. Blocks are freed
through the hooks all the same, so that no trace of a block that is gone stays. The
stacks of older objects are read as before.

Why this is safe:

- Both domains are only used by who holds the interpreter's lock, and PyMem_SetAllocator is called
  holding it (ctypes.pythonapi): nobody sees half of the five words. PYMEM_DOMAIN_RAW, which needs no
  lock, stays as it is. Builds without the lock have no _layout.mem, and begin() does nothing.
- What is put in is made of functions that the interpreter calls anyway, on the same blocks: pymalloc's
  malloc and calloc ignore their context (checked: theirs is NULL), realloc and free of the hook accept
  blocks that are not traced, as they must of blocks older than tracemalloc.start().
- With PYTHONMALLOC=debug, with another tool's hooks in front or behind, or on an unknown version the
  words are not as expected, and begin() does nothing.
- If tracemalloc is stopped, or stopped and started, meanwhile, or another tool puts its hooks in front,
  end() finds other words than its own and leaves them. A tool that took ours for what is behind it and
  later puts them back costs traces of new blocks, no more: they work for ever.
- A child that another thread forks meanwhile keeps what was put in, with the same loss.

What it costs: blocks that other threads allocate while the pure walk lets them run have no trace. A
traced list of ours or the library's that grows in a process of one thread leaves a trace of a block that
is gone; tracemalloc replaces it when the address is used again.

Source: Modules/_tracemalloc.c (3.6 to 3.13): the context of a hook is the PyMemAllocatorEx behind
it.
"""

from . import _frames
from . import _layout
from ._layout import ctypes

_DOMAINS = (1, 2)                         # PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ
_CONTEXT, _MALLOC, _CALLOC, _REALLOC, _FREE, _WORDS = range(6)
_NEAR = 1 << 28                           # functions of one library are not further apart

_get = _set = _Allocator = None
if ctypes is not None and _layout.mem is not None:
    _Allocator = ctypes.c_size_t * _WORDS
    try:
        _get, _set = [getattr(ctypes.pythonapi, name)
                      for name in ('PyMem_GetAllocator', 'PyMem_SetAllocator')]
        _get.argtypes = _set.argtypes = (ctypes.c_int, ctypes.c_void_p)
        _get.restype = _set.restype = None
    except AttributeError:
        _get = None


def _hooks(domain):
    """(the hook's words, the words of what is behind it), or None when it is something else."""
    hook = _Allocator()
    _get(domain, hook)
    safe = _layout._Safe()
    try:
        behind = safe.words(hook[_CONTEXT], _WORDS)
    finally:
        safe.close()
    # Without a context of its own it can be called with that of the hook.
    if len(behind) < _WORDS or behind[_CONTEXT] or any(
            abs(behind[at] - hook[at]) > _NEAR or behind[at] == hook[at]
            for at in range(_MALLOC, _WORDS)):
        return None
    return hook, behind


def begin():
    """What end() takes, or None where tracemalloc's hooks are not as expected."""
    if _get is None:
        return None
    found = [_hooks(domain) for domain in _DOMAINS]
    if None in found or found[0][1] != found[1][1] or found[0][0][_MALLOC] != found[1][0][_MALLOC]:
        return None
    # Another thread may move a traced block; with none, a block that moves is one of ours.
    alone = _frames.alone()
    changed = []
    for domain, (hook, behind) in zip(_DOMAINS, found):
        mixed = _Allocator(*hook)
        mixed[_MALLOC], mixed[_CALLOC] = behind[_MALLOC], behind[_CALLOC]
        if alone:
            mixed[_REALLOC] = behind[_REALLOC]
        changed.append((domain, hook, mixed))
    # Both are made before the first is put in: nothing between the two can fail.
    for domain, _, mixed in changed:
        _set(domain, mixed)
    return changed


def end(changed):
    """tracemalloc traces again, unless somebody has stopped it meanwhile."""
    now = None
    for domain, hook, mixed in changed or ():
        now = _Allocator()
        _get(domain, now)
        if now[:] == mixed[:]:
            _set(domain, hook)
