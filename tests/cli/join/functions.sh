# SPDX-License-Identifier: MIT
# Memory of named frames and of bare lines beside cProfile's times, in both orders.
cat >made.folded <<'END'
main (/srv/app/program.py:19);parse (/srv/app/program.py:11) 4000
main (/srv/app/program.py:19);parse (/srv/app/program.py:11);leaf (/srv/app/program.py:7) 300
/srv/app/program.py:15;/srv/app/program.py:16 50
/srv/other.py:3 7
END
snapjoin made.folded testdata/pstats/python3.11.pstats -n 8
snapjoin made.folded testdata/pstats/python3.11.pstats --sort time -n 2 --json
