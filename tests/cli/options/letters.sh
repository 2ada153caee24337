# SPDX-License-Identifier: MIT
# Letters can be joined, and values joined to them.
snapload -qaocopy.db -lmine data/monday.jsonl
snapinfo copy.db --csv | cut -d, -f2
