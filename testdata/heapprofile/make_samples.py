# SPDX-License-Identifier: MIT
"""Writes the made-* samples of V8's sampling heap profile: make_samples.py FOLDER."""
import json
import os
import sys


def node(function, url, line, size, *children):
    return {"callFrame": {"functionName": function, "scriptId": "7", "url": url, "lineNumber": line,
                          "columnNumber": 4}, "selfSize": size, "id": len(function), "children": list(children)}


TREE = node("(root)", "", -1, 16,
            node("(V8 API)", "", -1, 100),
            node("main", "file:///app/ä.js", 0, 0,
                 node("", "file:///app/b.js", 9, 2048.5, node("main", "file:///app/ä.js", 0, 64)),
                 node("load", "webpack:///./src/c.ts", 41, 1 << 33)))
PROFILE = {"head": TREE, "samples": [{"size": 16, "nodeId": 1, "ordinal": 2}], "later": {"x": [[]]}}

# Members in another order: children before the frame and the size.
TURNED = {"samples": [], "head": {"children": [dict(reversed(TREE.items()))], "selfSize": 0,
                                  "callFrame": TREE["callFrame"]}}

WHOLE = json.dumps(PROFILE, indent=2, ensure_ascii=False)

SAMPLES = {
    "made-indented.heapprofile": WHOLE,
    "made-turned.heapprofile": json.dumps(TURNED),
    "made-truncated.heapprofile": WHOLE[:WHOLE.index("webpack")],
    "made-damaged.heapprofile": WHOLE.replace('"webpack', 'webpack"'),
    "made-no-size.heapprofile": json.dumps({"head": {"callFrame": {}, "children": []}}),
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        out.write(text)
