# SPDX-License-Identifier: MIT
# A nightly job need not know whether it is the first.
snapload -q --append data/monday.jsonl -o week.db
ls *.db
