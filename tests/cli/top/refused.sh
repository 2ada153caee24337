# SPDX-License-Identifier: MIT
# Options that cannot work together say so.
for options in "--by lineno --type x" "--by type --include x" "--by type --cumulative" \
    "--by traceback --cumulative" "--include :7" "--all-frames" "--by object --sort count" \
    "--by object --domain 1" "--by size" "--domain 4294967296"; do
    status=0
    snaptop data/monday.jsonl $options || status=$?
    echo "$options: $status"
done
