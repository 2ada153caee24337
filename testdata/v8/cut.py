# SPDX-License-Identifier: MIT
"""Cuts a small snapshot out of a real one: cut.py IN OUT NODES SHARE TYPE...

Keeps the synthetic nodes, the shortest paths to the first SHARE objects of each TYPE and what is near them, up to
NODES nodes, with all edges between them. Every row is as V8 wrote it but for the numbers that point into the file.
"""
import collections
import json
import sys


def main():
    source, target, limit, share = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with open(source, encoding="utf-8", errors="surrogatepass") as file:
        heap = json.load(file)
    meta, nodes, edges, strings = heap["snapshot"]["meta"], heap["nodes"], heap["edges"], heap["strings"]
    fields, width = meta["node_fields"], len(meta["node_fields"])
    kinds, edge_kinds = meta["node_types"][0], meta["edge_types"][0]
    at = {name: fields.index(name) for name in fields}
    count = len(nodes) // width
    rows = [nodes[i * width:(i + 1) * width] for i in range(count)]
    owned, position = [], 0
    for row in rows:
        size = row[at["edge_count"]]
        owned.append([edges[e:e + 3] for e in range(position * 3, (position + size) * 3, 3)])
        position += size
    kept = keep(rows, owned, at, kinds, edge_kinds, strings, limit, share, sys.argv[5:])
    number = {old: new for new, old in enumerate(kept)}
    words, word_of = [strings[0]], {0: 0}

    def word(old):
        if old not in word_of:
            word_of[old] = len(words)
            words.append(strings[old])
        return word_of[old]

    out_nodes, out_edges = [], []
    for old in kept:
        row, count_before = list(rows[old]), len(out_edges)
        for kind, name, to in owned[old]:
            if to // width in number:
                indexed = edge_kinds[kind] in ("element", "hidden")
                out_edges += [kind, name if indexed else word(name), number[to // width] * width]
        row[at["name"]] = word(row[at["name"]])
        row[at["edge_count"]] = (len(out_edges) - count_before) // 3
        out_nodes += row
    infos, tree = cut_traces(heap, {rows[old][at["trace_node_id"]] for old in kept} if "trace_node_id" in at else {0},
                             word)
    kept_places = cut_places(heap, number, width)
    header = dict(heap["snapshot"], node_count=len(kept), edge_count=len(out_edges) // 3)
    with open(target, "w", encoding="utf-8") as file:
        file.write('{"snapshot":' + json.dumps(header, separators=(",", ":")))
        for name, values, size in (("nodes", out_nodes, width), ("edges", out_edges, 3)):
            lines = "\n,".join(",".join(map(str, values[i:i + size])) for i in range(0, len(values), size))
            file.write(',\n"%s":[%s]' % (name, lines))
        for name, values in (("trace_function_infos", infos), ("trace_tree", tree),
                             ("samples", heap.get("samples", [])[:8]), ("locations", sum(kept_places, []))):
            file.write(',\n"%s":%s' % (name, json.dumps(values, separators=(",", ":"))))
        file.write(',\n"strings":[%s]}' % ",\n".join(json.dumps(text) for text in words))


def cut_places(heap, number, width):
    """Locations of kept objects. Newer V8 tells the node of the script, too."""
    fields, places = heap["snapshot"]["meta"]["location_fields"], heap.get("locations", [])
    rows = [dict(zip(fields, places[i:i + len(fields)])) for i in range(0, len(places), len(fields))]
    for row in rows:
        for name in ("object_index", "script_object_index"):
            if name in row:
                row[name] = number.get(row[name] // width, -1) * width
    return [list(row.values()) for row in rows if row["object_index"] >= 0 and row.get("script_object_index", 0) >= 0]


def matches(text, wanted):
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def keep(rows, owned, at, kinds, edge_kinds, strings, limit, share, types):
    """The numbers of the nodes to keep, ascending."""
    width = len(rows[0])
    holder, queue = {0: None}, collections.deque([0])
    while queue:
        node = queue.popleft()
        for kind, name, to in owned[node]:
            child = to // width
            if edge_kinds[kind] != "weak" and child not in holder:
                holder[child] = node
                queue.append(child)
    kept = {i for i, row in enumerate(rows) if kinds[row[at["type"]]] == "synthetic" and i in holder}
    wanted = []
    for name in types:
        wanted += [i for i, row in enumerate(rows) if matches(strings[row[at["name"]]], name) and i in holder and
                   kinds[row[at["type"]]] in ("object", "closure", "code", "regexp", "bigint", "native")][:share]
    for node in wanted:
        while node is not None and node not in kept:
            kept.add(node)
            node = holder[node]
    queue = collections.deque(wanted)
    while queue and len(kept) < limit:
        node = queue.popleft()
        for kind, name, to in owned[node][:12]:
            if to // width not in kept and len(kept) < limit:
                kept.add(to // width)
                queue.append(to // width)
    return sorted(kept)


def cut_traces(heap, wanted, word):
    """Functions and the tree down to the traces of kept objects."""
    infos = heap["trace_function_infos"]
    used = {}

    def function(old):
        if old not in used:
            used[old] = len(used)
        return used[old]

    def prune(group):
        result = []
        for i in range(0, len(group), 5):
            below = prune(group[i + 4])
            if below or group[i] in wanted:
                result += [group[i], function(group[i + 1])] + group[i + 2:i + 4] + [below]
        return result
    tree = prune(heap["trace_tree"])
    rows = []
    for old in used:
        row = infos[old * 6:old * 6 + 6]
        row[1], row[2] = word(row[1]), word(row[2])
        rows += row
    return rows, tree


main()
