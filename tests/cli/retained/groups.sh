# SPDX-License-Identifier: MIT
# Every byte once: objects below another one of their group add nothing.
retained data/tuesday.jsonl --by type
retained data/tuesday.jsonl --by module --json
retained data/tuesday.jsonl --by site
