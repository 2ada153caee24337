# SPDX-License-Identifier: MIT
# A label and tags given beat the dump's own.
snapload -q data/monday.jsonl -o a.db --label canary --tag service=payment -t region=eu
snapinfo a.db#canary --tags
