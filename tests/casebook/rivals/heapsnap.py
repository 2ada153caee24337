# SPDX-License-Identifier: MIT
"""Stands in for the capture package: dump() asks objgraph and tracemalloc instead, at the same moments."""
import json
import tracemalloc

try:
    import objgraph
except ImportError:
    objgraph = None

_before = None


def dump(path, label=None, **_):
    """At the first call only remember; at the second one write what grew most, by each rival's order."""
    global _before
    traced = tracemalloc.take_snapshot()
    # What show_growth() prints: largest first.
    grown = objgraph.growth(limit=10) if objgraph else None
    if _before is None:
        _before = traced
        return
    lines = [{'file': stat.traceback[0].filename, 'line': stat.traceback[0].lineno,
              'size_diff': stat.size_diff}
             for stat in traced.compare_to(_before, 'lineno')[:10]]
    with open(path, 'w') as out:
        json.dump({'objgraph': grown and [[row[0], row[-1]] for row in grown], 'tracemalloc': lines}, out)
