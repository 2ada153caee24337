# SPDX-License-Identifier: MIT
# The largest objects, by bytes and then by address.
snaptop data/wednesday.jsonl --by object -n 4
snaptop data/wednesday.jsonl --by object -n 1 --type str --json
