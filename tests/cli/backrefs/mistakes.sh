# SPDX-License-Identifier: MIT
# What cannot work says so in one line.
for words in "" "NoSuchType" "0x10" "str --chain --refs" "str --from module" "str --too-many 0" \
    "str --ignore list" "str --depth x" "str --chain --from NoSuchType"; do
    status=0
    backrefs data/monday.jsonl $words || status=$?
    echo "$words: $status"
done
