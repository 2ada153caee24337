# SPDX-License-Identifier: MIT
# Everything that holds the requests, all of them as one box.
backrefs data/monday.jsonl Request
backrefs data/monday.jsonl app.cache.Request --each 2 --depth 1 --refcounts --full-names
