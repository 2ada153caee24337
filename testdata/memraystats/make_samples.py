# SPDX-License-Identifier: MIT
"""Writes the made-* samples of memray's sums: make_samples.py FOLDER."""
import json
import os
import sys

DOCUMENT = {
    "total_num_allocations": 3, "total_bytes_allocated": 1 << 60, "something_new": {"a": [1]},
    "allocator_type_distribution": {"MMAP": 3},
    "top_allocations_by_size": [{"location": "f:C:/a b.py:12", "size": 100}, {"location": "<root>", "size": 5}, {"size": 7}],
    "top_allocations_by_count": [{"location": "f:C:/a b.py:12", "count": 2}, {"location": "g:x:y", "count": -3}],
    "metadata": {"end_time": "never", "peak_memory": None, "pid": 12, "command_line": "app é"},
}
WHOLE = json.dumps(DOCUMENT)
SAMPLES = {"made-places": WHOLE, "made-cut": WHOLE[:-40], "made-damaged": WHOLE.replace("\"count\": 2", "\"count\": two")}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w", encoding="utf-8") as out:
        out.write(text)
