# SPDX-License-Identifier: MIT
"""Writes the made-* samples of V8 heap snapshots: make_samples.py FOLDER."""
import json
import os
import sys

KINDS = ["hidden", "array", "string", "object", "code", "closure", "regexp", "number", "native", "synthetic",
         "concatenated string", "sliced string", "symbol", "bigint", "object shape"]
EDGES = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"]
ALL_FIELDS = ["type", "name", "id", "self_size", "edge_count", "trace_node_id", "detachedness"]


class Heap:
    """A heap by names; `text()` is the file. Options turn it into what other versions and engines write."""

    def __init__(self):
        self.nodes, self.strings, self.places = [], ["<dummy>"], []

    def string(self, text):
        if text not in self.strings:
            self.strings.append(text)
        return self.strings.index(text)

    def node(self, kind, name, size=16, node_id=None, **more):
        self.nodes.append(dict(kind=kind, name=name, id=2 * len(self.nodes) + 1 if node_id is None else node_id,
                               size=size, edges=[], **more))
        return len(self.nodes) - 1

    def edge(self, source, kind, name, target):
        self.nodes[source]["edges"].append((kind, name, target))

    def text(self, fields=ALL_FIELDS, kinds=KINDS, indent=None, blank="", meta=(), offset=0, extra=(), more=()):
        rows, edges = [], []
        for node in self.nodes:
            values = {"type": kinds.index(node["kind"]) if node["kind"] in kinds else 77,
                      "name": self.string(node["name"]), "id": node["id"], "self_size": node["size"],
                      "edge_count": len(node["edges"]), "trace_node_id": node.get("trace", 0),
                      "detachedness": node.get("detached", 0), "native_size": 7}
            rows.append([values[field] for field in fields])
            for kind, name, target in node["edges"]:
                edges.append([EDGES.index(kind), name if isinstance(name, int) else self.string(name),
                              target * len(fields) + offset])
        places = [[node * len(fields), script, line, column] for node, script, line, column in self.places]
        head = {"snapshot": {"meta": {"node_fields": list(fields),
                                      "node_types": [kinds] + ["string"] + ["number"] * 5,
                                      "edge_fields": ["type", "name_or_index", "to_node"],
                                      "edge_types": [EDGES, "string_or_number", "node"],
                                      "location_fields": ["object_index", "script_id", "line", "column"], **dict(meta)},
                             "node_count": len(rows), "edge_count": len(edges), **dict(extra)}}
        body = {"nodes": sum(rows, []), "edges": sum(edges, []), **dict(more), "locations": sum(places, []),
                "strings": self.strings}
        text = json.dumps({**head, **body}, indent=indent)
        return text.replace(",", "," + blank) if blank else text


def service():
    heap = Heap()
    root = heap.node("synthetic", "", 0)
    groups = heap.node("synthetic", "(GC roots)", 0)
    handles = heap.node("synthetic", "(Global handles)", 0)
    world = heap.node("object", "global", 40)
    cache = heap.node("object", "Map", 32)
    table = heap.node("array", "", 1 << 33)
    key = heap.node("object", "Session", 24)
    data = heap.node("object", "Object", 28)
    weak = heap.node("object", "WeakMap", 32)
    weak_table = heap.node("array", "(object elements)", 64)
    closure = heap.node("closure", "handle", 64)
    shared = heap.node("code", "handle", 56)
    script = heap.node("code", "/srv/app.js", 64)
    scope = heap.node("object", "system / Context", 48)
    words = [heap.node("string", "caf\u00e9 \U0001f600 \ud83d <\"\\\n\x01>", 20), heap.node("concatenated string", "ab", 32),
             heap.node("sliced string", "b", 20)]
    others = [heap.node(kind, name, 16) for kind, name in
              (("regexp", "a+"), ("number", "heap number"), ("symbol", "s"), ("bigint", "bigint"),
               ("object shape", "system / Map"), ("hidden", "system / Oddball"), ("wasm object", "later kind"))]
    lonely = heap.node("synthetic", "(Unknown)", 100)
    heap.edge(root, "element", 1, groups)
    heap.edge(root, "shortcut", 2, world)
    heap.edge(root, "element", 3, lonely)
    heap.edge(groups, "element", 1, handles)
    heap.edge(handles, "internal", "1", weak)
    heap.edge(handles, "internal", "2", weak)
    heap.edge(world, "property", "cache", cache)
    heap.edge(world, "property", "__proto__", data)
    heap.edge(cache, "internal", "table", table)
    heap.edge(table, "internal", "3", key)
    heap.edge(weak, "internal", "table", weak_table)
    pair = "7 / part of key (Session @%d) -> value (Object @%d) pair in WeakMap (table @%d)" % (
        2 * key + 1, 2 * data + 1, 2 * weak_table + 1)
    heap.edge(key, "internal", pair, data)
    heap.edge(weak_table, "internal", pair, data)
    heap.edge(weak_table, "weak", "0", key)
    heap.edge(world, "property", "handle", closure)
    heap.edge(closure, "internal", "shared", shared)
    heap.edge(shared, "internal", "script_or_debug_info", script)
    heap.edge(closure, "internal", "context", scope)
    heap.edge(scope, "context", "session", key)
    heap.edge(closure, "shortcut", "bound_this", world)
    for i, other in enumerate(words + others):
        heap.edge(data, "element", i, other)
    heap.edge(data, "hidden", 4, cache)
    heap.places += [(key, 5, 2, 7), (closure, 5, 9, 0)]
    return heap


def page():
    """DOM nodes: a detached tree that only its top is known of, and a piece that hangs on the document too."""
    heap = Heap()
    root = heap.node("synthetic", "", 0)
    window = heap.node("object", "Window / https://example.org", 80)
    document = heap.node("native", "HTMLDocument", 200, detached=1)
    body = heap.node("native", "<body class=\"a\">", 96)
    top = heap.node("native", "<div id=\"x\" class=\"y\">", 96, detached=2)
    child = heap.node("native", "<span>", 96)
    both = heap.node("native", "<b>", 96)
    named = heap.node("native", "Detached <p class=\"q\">", 96, detached=2)
    wrapper = heap.node("object", "Detached HTMLDivElement", 24)
    behind = heap.node("native", "<i>", 96)
    heap.edge(root, "shortcut", 1, window)
    for source, kind, name, target in ((window, "property", "document", document), (document, "element", 0, body),
                                       (body, "element", 0, both), (window, "property", "kept", wrapper),
                                       (wrapper, "internal", "native", top), (top, "element", 0, child),
                                       (top, "element", 1, both), (child, "element", 0, named), (child, "weak", "w", behind),
                                       (child, "property", "js", wrapper), (window, "property", "i", behind)):
        heap.edge(source, kind, name, target)
    return heap


def tracked():
    heap = service()
    heap.nodes[6]["trace"] = 4
    heap.nodes[7]["trace"] = 3
    heap.nodes[8]["trace"] = 99
    functions = [[0, heap.string("(root)"), heap.string(""), 0, 0, 0],
                 [11, heap.string("handle"), heap.string("/srv/app.js"), 5, 10, 3],
                 [12, heap.string(""), heap.string("/srv/lib.js"), 6, 4, 1]]
    tree = [1, 0, 0, 0, [2, 1, 0, 0, [3, 2, 1, 28, [], 4, 9, 1, 24, []]]]
    meta = {"trace_function_info_fields": ["function_id", "name", "script_name", "script_id", "line", "column"],
            "trace_node_fields": ["id", "function_info_index", "count", "size", "children"],
            "sample_fields": ["timestamp_us", "last_assigned_id"]}
    return heap.text(meta=meta, more={"trace_function_infos": sum(functions, []), "trace_tree": tree,
                                      "samples": [1000, 9, 51000, 41]})


def leak(step):
    """One process three times: sessions gather in a map, requests come and go, and from the second time on a shorter
    way leads to the map, so that all paths are others."""
    heap = Heap()
    root = heap.node("synthetic", "", 0)
    world = heap.node("object", "global", 40, 11)
    service = heap.node("object", "Service", 32, 13)
    cache = heap.node("object", "Map", 32, 15)
    table = heap.node("array", "", 16 + 64 * step, 17 + 200 * (step > 1))
    queue = heap.node("object", "Array", 16, 19)
    prototype = heap.node("object", "Object", 28, 21)
    heap.edge(root, "shortcut", 1, world)
    heap.edge(world, "property", "service", service)
    heap.edge(service, "property", "state", prototype)
    heap.edge(prototype, "property", "cache", cache)
    heap.edge(service, "property", "queue", queue)
    if step > 1:
        heap.edge(world, "property", "cache", cache)
    heap.edge(cache, "internal", "table", table)
    for i in range(4 * step):
        session = heap.node("object", "Session", 48, 101 + 2 * i)
        heap.edge(table, "internal", str(3 * i), session)
        heap.places.append((session, 5, 3, 0))
    for i in range(2):
        request = heap.node("object", "Request", 40, 1001 + 20 * step + 2 * i)
        heap.edge(queue, "element", i, request)
        heap.places.append((request, 5, 9, 0))
    function = heap.node("closure", "handle", 64, 23)
    shared = heap.node("code", "handle", 56, 25)
    script = heap.node("code", "/srv/app.js", 64, 27)
    heap.edge(world, "property", "handle", function)
    heap.edge(function, "internal", "shared", shared)
    heap.edge(shared, "internal", "script_or_debug_info", script)
    heap.places.append((function, 5, 12, 0))
    return heap.text()


def samples():
    whole = service().text()
    no_trace = [f for f in ALL_FIELDS if f != "trace_node_id"]
    foreign = service()
    foreign.nodes[4]["id"] = 0
    foreign.nodes[5]["id"] = foreign.nodes[6]["id"]
    turned = json.loads(whole)
    return {
        "made-service.heapsnapshot": whole,
        "made-2013.heapsnapshot": service().text(ALL_FIELDS[:5]),
        "made-untracked.heapsnapshot": service().text(no_trace),
        "made-native-size.heapsnapshot": service().text(["native_size"] + ALL_FIELDS, indent=1),
        "made-page.heapsnapshot": page().text(),
        "made-leak-1.heapsnapshot": leak(1),
        "made-leak-2.heapsnapshot": leak(2),
        "made-leak-3.heapsnapshot": leak(3),
        "made-tracked.heaptimeline": tracked(),
        "made-deep-trace.heaptimeline": tracked().replace(
            '"trace_tree": [', '"trace_tree": ' + "[1, 0, 0, 0, " * 1100 + "[" + "]" * 1101 + ', "later": ['),
        "made-zero-id.heapsnapshot": foreign.text(),
        "made-odd-targets.heapsnapshot": service().text(offset=1),
        "made-turned.heapsnapshot": json.dumps({key: turned[key] for key in
                                               ("snapshot", "strings", "locations", "edges", "nodes")}),
        "made-doubles.heapsnapshot": whole.replace("24,", "24.0,").replace(", 28,", ", 2.8e1,"),
        "made-counts.heapsnapshot": service().text(extra={"edge_count": 999, "extra_native_bytes": 4096}),
        "made-columns-first.heapsnapshot": json.dumps({"nodes": turned["nodes"], "snapshot": turned["snapshot"]}),
        "made-truncated-strings.heapsnapshot": whole[:whole.index("/srv/app.js")],
        "made-truncated-edges.heapsnapshot": whole[:whole.index('"edges"') + 90],
        "made-damaged.heapsnapshot": whole.replace("97, ", "97, x"),
        "made-short-row.heapsnapshot": json.dumps(dict(turned, nodes=turned["nodes"][:-2])),
        "made-wide.heapsnapshot": service().text(ALL_FIELDS + ["native_size"] * 40),
        "made-empty.heapsnapshot": json.dumps({"snapshot": turned["snapshot"], "nodes": [], "edges": [], "strings": []}),
    }


for name, text in samples().items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="ascii") as file:
        file.write(text)
