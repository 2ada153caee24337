# SPDX-License-Identifier: MIT
# A folder is a fleet: every dump a snapshot, in order of name; a bad one is told and left out.
mkdir dumps
for day in monday tuesday wednesday; do
    cp data/$day.jsonl dumps/$day.jsonl
done
sed 's/"label":"monday",//' data/monday.jsonl >dumps/web-1.jsonl
echo nonsense >dumps/notes.txt
head -20 data/tuesday.jsonl >dumps/cut.jsonl
touch dumps/.hidden dumps/half.jsonl.tmp
snapload dumps -o fleet.db --tag service=shop --jobs 3 2>err || echo status $?
sed 's/ in [0-9.]* s, .*//' err
snapinfo fleet.db --csv 2>err | cut -d, -f1-3,12
snapinfo --verify fleet.db 2>err || echo status $?
snapload -q 'dumps/*day.jsonl' --append -o fleet.db
snapload -q --each data/monday.jsonl data/tuesday.jsonl --append -o fleet.db --label files
snapsql fleet.db "SELECT id, label FROM snapshot WHERE id > 5"
snapload dumps --strict -o none.db || echo status $?
rm err
ls
