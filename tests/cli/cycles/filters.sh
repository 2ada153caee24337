# SPDX-License-Identifier: MIT
# Filters keep the rank among all; a type is a full name or one without its module.
cyclefind data/wednesday.jsonl --kind live
cyclefind data/wednesday.jsonl --kind garbage --type Node -n 2
cyclefind data/wednesday.jsonl --type 'no.such'
cyclefind data/wednesday.jsonl --min-objects 100
