# SPDX-License-Identifier: MIT
"""Writes the made-* samples of speedscope's JSON: make_samples.py FOLDER."""
import json
import os
import sys

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
FRAMES = {"frames": [{"name": "main", "file": "app.py", "line": 3}, {"name": "näh\n"}, {"name": "leaf", "line": None, "col": 7}]}


def document(*profiles, **more):
    return {"$schema": SCHEMA, "shared": FRAMES, "profiles": list(profiles), **more}


def sampled(samples, weights, **more):
    return {"type": "sampled", "name": "p", "unit": "none", "startValue": 0, "endValue": 9, "samples": samples,
            "weights": weights, **more}


def evented(events, **more):
    return {"type": "evented", "name": "e", "unit": "milliseconds", "startValue": 0, "endValue": 9,
            "events": [{"type": kind, "frame": frame, "at": at} for kind, frame, at in events], **more}


CALLS = [("O", 0, 0), ("O", 1, 1.5), ("C", 1, 2), ("O", 2, 2), ("O", 2, 3), ("C", 2, 4), ("C", 2, 5), ("C", 0, 10)]
SAMPLES = {
    "made-evented": document(evented(CALLS), exporter="some@1", name="a program"),
    "made-own-names": document(sampled([[0, 1], [0, 2]], [5, 7], name="alloc", unit="bytes"),
                               sampled([[0, 1], [0]], [2, 3], name="inuse", unit="bytes"),
                               sampled([[0]], [4], name="cpu", unit="nanoseconds"),
                               exporter="heapsnap 1"),
    "made-threads": document(sampled([[0, 2], []], [1, 1], name="Thread 1"), sampled([[0, 1]], [1e-3], name="Thread 2")),
    "made-odd": document(sampled([[0, 9], [1]], [1, -2, 3]), evented([("C", 0, 0), ("O", 0, 1), ("C", 1, 3), ("O", 1, 2)])),
    "made-behind": {"profiles": [sampled([[2, 1]], [2.6])], "activeProfileIndex": None, "$schema": SCHEMA, "shared": FRAMES},
}

for name, sample in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w", encoding="utf-8") as out:
        json.dump(sample, out, indent=1 if name == "made-threads" else None, ensure_ascii=name == "made-odd")
text = json.dumps(document(sampled([[0, 1], [2]], [1, 2])))
for name, cut in {"made-cut": text[:-9], "made-damaged": text.replace("[2]", "[x]"), "made-no-frames": text.replace("shared", "other")}.items():
    with open(os.path.join(sys.argv[1], name + ".json"), "w", encoding="utf-8") as out:
        out.write(cut)
