# SPDX-License-Identifier: MIT
# Small growth hidden, types chosen, modules added up.
snapgrow data/monday.jsonl data/wednesday.jsonl --min-delta 200
snapgrow data/monday.jsonl data/wednesday.jsonl --type 'app.*'
snapgrow data/monday.jsonl data/wednesday.jsonl --by module --all
