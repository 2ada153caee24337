# SPDX-License-Identifier: MIT
# What retains most: the module holds the cache, the cache the requests.
retained data/monday.jsonl
retained data/monday.jsonl --type Request --type 'tree.*' -n 3
retained data/monday.jsonl --type 'no.such'
