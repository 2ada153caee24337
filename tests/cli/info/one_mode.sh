# SPDX-License-Identifier: MIT
# Two questions at once are a mistake.
snapinfo --facts --tags data/monday.jsonl
