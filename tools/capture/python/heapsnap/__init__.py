# SPDX-License-Identifier: MIT
"""Snapshots of the Python heap: heapsnap.dump('a.jsonl.gz'). See docs/capture.md."""
from ._dump import dump

__all__ = ['dump']
__version__ = '0.1.0'
