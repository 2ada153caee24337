# SPDX-License-Identifier: MIT
"""The runner of documents catches what it is there for: lost lines, wrong statuses, unknown options."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'e2e'))
import check_commands  # noqa: E402
import documents  # noqa: E402
import e2elib  # noqa: E402

# What a document has, what was printed, whether they fit.
OUTPUTS = [
    ('a\nb', 'a\nb\n', True),
    ('a  b', 'a b', True),
    ('a\nb', 'a', False),
    ('a', 'a\nb', False),
    ('…\nb', 'x\ny\nb', True),
    ('a\n…', 'a\nx\ny', True),
    ('a\n…', 'x\na', False),
    ('a\n…\nb', 'a\nx\nc', False),
    ('wrote … bytes', 'wrote 17 bytes', True),
    ('wrote … bytes', 'wrote 17 lines', False),
    ('', 'something', False),
]

# A document, and how many of its checks must fail.
DOCUMENTS = [
    ('```console\n$ echo a b\na b\n```\n', 0),
    ('```console\n$ echo a\nb\n```\n', 1),
    ('```console\n$ false\n```\n', 1),
    ('```console\n$ false\n$ echo $?\n1\n```\n', 0),
    ('```console\n$ false\n$ echo $?\n0\n```\n', 1),
    ('```sh\nfalse\n```\n', 1),
    ('<!-- not run: why -->\n```sh\nfalse\n```\n', 0),
    ('<!-- not run: why -->\n\ntext\n\n```sh\nfalse\n```\n', 1),
    ('<!-- output not compared: why -->\n```console\n$ echo a\nb\n```\n', 0),
    ('```sh\nA=1\n```\n```console\n$ echo $A\n1\n```\n', 0),
    ("```sh\ncat > f <<'END'\na\nfalse\nEND\n```\n```console\n$ cat f\na\nfalse\n```\n", 0),
    ('```sh\necho a \\\n  b > g\n```\n```console\n$ cat g\na b\n```\n', 0),
    ('```text\n$ false\n```\n', 0),
    ('```sh\nexit 3\n```\n', 1),
]


class Count:
    """Counts failed checks and prints nothing."""

    def __init__(self):
        self.failed = 0

    def check(self, ok, what, *details):
        self.failed += not ok
        return bool(ok)


def test_outputs(cases):
    for printed, output, fits in OUTPUTS:
        missing = documents.mismatch(printed.split('\n') if printed else [], output)
        cases.check((missing is None) == fits, f'{printed!r} against {output!r}: {missing}')


def test_documents(cases):
    for text, failures in DOCUMENTS:
        with e2elib.Folder('selftest') as folder:
            inner = Count()
            documents.run_document(inner, 'selftest', text, folder, dict(os.environ))
            cases.check(inner.failed == failures, f'{text!r}: {inner.failed} failed, not {failures}')


def test_numbers(cases):
    def fits(printed, output, any_order=False):
        command = documents.Command('x', 1, printed.split('\n'), any_order)
        return check_commands.same_but_numbers(command, output) is None
    cases.check(fits('a  17.5 KiB  0x7f00', 'a 3 MiB 0xabc'), 'numbers, units and addresses may differ')
    cases.check(fits('×2 100 of', '×17 of'), 'also grouped ones')
    cases.check(not fits('a 17 Session', 'a 17 Basket'), 'names may not')
    cases.check(not fits('a\nb', 'b\na') and fits('a\nb', 'b\na', True), 'nor order, unless told')


def test_completed(cases):
    with e2elib.Folder('completed') as folder:
        for name in ('a.db', 'b.db'):
            with open(os.path.join(folder, name), 'w'):
                pass
        for command, whole in (('snapdiff --why', 'snapdiff --why a.db b.db'),
                               ('snapdiff a.db b.db --why', 'snapdiff a.db b.db --why'),
                               ('backrefs TYPE --patterns', 'backrefs b.db sessions.Session --patterns')):
            cases.check(sorted(check_commands.completed(command, folder).split()) ==
                        sorted(whole.split()), command, check_commands.completed(command, folder))


def test(cases):
    test_outputs(cases)
    test_documents(cases)
    test_numbers(cases)
    test_completed(cases)


if __name__ == '__main__':
    e2elib.main(test)
