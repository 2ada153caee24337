# SPDX-License-Identifier: MIT
# gzip and zstd are inflated on the way; the extension goes from the name.
gzip -c data/monday.jsonl >one.jsonl.gz
snapload -q one.jsonl.gz
command -v zstd >/dev/null || { echo 'SKIP: no zstd'; exit 77; }
zstd -q -c data/monday.jsonl >two.jsonl.zst
snapload -q two.jsonl.zst
ls *.db
