# SPDX-License-Identifier: MIT
"""Writes the made-* samples of folded stacks as the tools write them: make_samples.py FOLDER."""
import os
import sys

SAMPLES = {
    # Fil: bytes; path:line (function), the last space ends the stack.
    "made-fil.prof": "/app/a.py:12 (<module>);/app/a.py:9 (main);/app/my lib/b.py:7 (load) 10485760\n"
                     "/app/a.py:12 (<module>);/app/a.py:10 (main) 524288\n"
                     "[No Python stack] 4096\n",
    # py-spy record -f raw: samples; with and without lines, threads, native frames.
    "made-py-spy.txt": "process 12:python app.py;MainThread;main (app.py:10);work (lib/x.py:42) 137\n"
                       "process 12:python app.py;MainThread;main (app.py:10);PyEval_EvalFrame (python3.11) 3\n"
                       "main (app.py);<lambda> (lib/x.py) 5\n",
    # Other writers: no places, C++, blanks at the end, carriage returns, a fraction, a comment.
    "made-native.folded": "# converted\r\nmain;std::map<int, int>::insert(int const&);operator new(unsigned long) 64 \r\n"
                          "main;;libc.so.6`_start 12.75\n\nmain 0\njava/lang/Thread.run;a.b.C.d_[j] 8",
    "made-difference.folded": "main;a 100 40\nmain;b 0 30\nmain;gone 30 0\n",
    "made-bad-lines.folded": "main;a 4\nmain;b 5\n" + "c 1\n" * 70 + "no count here\nmain;d 6x\nmain;e 7\n",
    "made-spaces.folded": "main (x);walk [kernel] 12 3\nmain (x);walk (bad:) 8\nmain (x);last (y.py:99999999999) 9\n",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8", newline="") as out:
        out.write(text)
