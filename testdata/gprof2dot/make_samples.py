# SPDX-License-Identifier: MIT
"""Writes the made-* samples of gprof2dot's JSON: make_samples.py FOLDER."""
import json
import os
import sys


def document(unit="bytes", **more):
    return {"version": 0, "costs": [{"description": "Memory", "unit": unit}, {"description": "Other", "unit": "bytes"}],
            "events": [{"callchain": [1, 0], "cost": [10, 99]}, {"callchain": [], "cost": [5]}, {"callchain": [0], "cost": []}],
            "functions": [{"name": "main", "module": "app.py"}, {"name": "läd", "module": ""}], **more}


WHOLE = json.dumps(document(), ensure_ascii=False)
SAMPLES = {
    "made-samples": json.dumps(document("samples"), indent=2),
    "made-two-costs": WHOLE,
    "made-odd": json.dumps(document(events=[{"callchain": [7, 0], "cost": [-1]}, {"callchain": [0], "cost": [1e30]}, {"cost": [3]}])),
    "made-cut": WHOLE[:-20],
    "made-damaged": WHOLE.replace("[5]", "[5;"),
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w", encoding="utf-8") as out:
        out.write(text)
