# SPDX-License-Identifier: MIT
# The columns of objects, by type.
snapsql data/monday.jsonl "SELECT address, type, module, kind, size_bytes, length, refcount, generation, tracked, immortal, finalized, text, stack FROM object WHERE type IN ('module', 'dict', 'app.cache.Request') ORDER BY address"
