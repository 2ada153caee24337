# SPDX-License-Identifier: MIT
# One small profile in every text format; names with separators in them; domains; two metrics by choice.
cat >made.folded <<'END'
main (/srv/app.py:1);handle;x (/srv/a|b.py:7) 300
main (/srv/app.py:1);handle 20
/srv/lib.py:9 5
END
snapexport made.folded --to folded
snapexport made.folded --to csv
snapexport made.folded --to speedscope
snapexport made.folded --to pprof -o made.pb.gz
snapdiff made.folded made.pb.gz --by traceback --json | grep -c file || true
snaptop made.pb.gz --by lineno --json | grep '"file"'
