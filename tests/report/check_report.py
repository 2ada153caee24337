# SPDX-License-Identifier: MIT
"""A report as other programs read it, and the policy's schema against the parser.

JUnit XML by junitparser, OpenMetrics by prometheus_client, the JSON inputs of CI systems by their rules, every key
of schemas/policy.schema.json by snapreport itself. What is not installed is skipped.

    check_report.py --bin build/tools
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(ROOT, 'tests', 'cli', 'data')
WEEK = [os.path.join(DATA, day + '.jsonl') for day in ('monday', 'tuesday', 'wednesday')]
NASTY = 'a "b" <c> & d\'s %:,;]| \\ é'


class Skip(Exception):
    pass


def need(name):
    try:
        return __import__(name, fromlist=['x'])
    except ImportError:
        raise Skip(f'no {name}') from None


class Case:
    def __init__(self, tools, folder):
        self.tool = os.path.join(tools, 'snapreport')
        self.policy = os.path.join(folder, 'policy.yaml')
        self.folder = folder

    def run(self, policy, *words, inputs=WEEK):
        with open(self.policy, 'w', encoding='utf-8') as file:
            file.write(policy)
        return subprocess.run([self.tool, self.policy, *inputs, *words], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def text(self, policy, *words):
        done = self.run(policy, '--fail-on=never', *words)
        if done.returncode not in (0, 3):
            raise AssertionError(done.stderr.decode())
        return done.stdout.decode('utf-8')


POLICY = json.dumps({'name': NASTY, 'rules': [
    {'rule': 'heap', 'title': NASTY}, {'rule': 'objects', 'severity': 'warn'}, 'rss', 'longest_pause',
    {'rule': 'type', 'type': 'app.*', 'max_growth': '1%'}, {'rule': 'new_cycles', 'min_objects': 1}]})


def test_junit_is_read_by_junitparser(case):
    junitparser = need('junitparser')
    text = case.text(POLICY, '--format=junit')
    suites = junitparser.JUnitXml.fromstring(text.encode('utf-8'))
    suite = list(suites)[0]
    cases = list(suite)
    assert len(cases) == suite.tests == 6, suite.tests
    assert suite.failures == 2 and suite.skipped == 1 and suite.errors == 0, (suite.failures, suite.skipped)
    assert cases[0].name == NASTY, cases[0].name
    results = [[type(one).__name__ for one in one_case.result] for one_case in cases]
    assert results == [['Failure'], [], [], ['Skipped'], ['Failure'], []], results
    assert cases[0].result[0].type == 'heap'
    assert 'app.cache._pending[*]' in cases[0].result[0].text, cases[0].result[0].text


def test_junit_is_xml_whatever_the_names(case):
    root = xml.etree.ElementTree.fromstring(case.text(POLICY, '--format=junit').encode('utf-8'))
    assert root.find('testsuite').get('name') == NASTY


def test_openmetrics_is_read_by_its_parser(case):
    parser = need('prometheus_client.openmetrics.parser')
    text = case.text(POLICY, '--format=openmetrics')
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert families['heapsnap_verdict'].samples[0].value == 2
    assert families['heapsnap_heap_bytes'].samples[0].value == 20238
    assert families['heapsnap_heap_bytes'].samples[0].labels == {'policy': NASTY}
    assert len(families['heapsnap_rule_verdict'].samples) == 6
    counts = {s.labels['severity']: s.value for s in families['heapsnap_findings'].samples}
    assert counts == {'warn': 1, 'fail': 3}, counts


def test_openmetrics_is_read_as_prometheus_text(case):
    """node_exporter's textfile collector reads the older text format."""
    parser = need('prometheus_client.parser')
    text = case.text(POLICY, '--format=openmetrics')
    assert len(list(parser.text_string_to_metric_families(text))) >= 8


def test_gitlab_has_what_code_quality_asks_for(case):
    rows = json.loads(case.text(POLICY, '--format=gitlab'))
    assert len(rows) == 4
    for row in rows:
        assert set(row) == {'description', 'check_name', 'fingerprint', 'severity', 'location'}, row
        assert row['severity'] in ('info', 'minor', 'major', 'critical', 'blocker')
        assert row['location']['path'] and row['location']['lines']['begin'] >= 1
    assert len({row['fingerprint'] for row in rows}) == 4


def test_commands_are_one_line_each(case):
    for word, form in (('github', r'::(error|warning) (file=[^,:]+,line=\d+,)?title=heapsnap \w+::[^\n]+'),
                       ('azure', r'##vso\[task\.logissue type=(error|warning);([^\]]*;)*\].+'),
                       ('teamcity', r"##teamcity\[(buildProblem|message) .*'\]")):
        lines = case.text(POLICY, '--format=' + word).splitlines()
        assert len(lines) == 4, (word, lines)
        for line in lines:
            assert re.fullmatch(form, line), (word, line)


def test_fingerprints_stay_over_processes(case):
    """The same leak in two pairs of snapshots at other addresses has one name."""
    def names(inputs):
        done = case.run('rules: [heap]', '--json', inputs=inputs)
        return {row['fingerprint'] for row in json.loads(done.stdout.decode())['rows']}
    moved = os.path.join(case.folder, 'moved.jsonl')
    with open(WEEK[2], encoding='utf-8') as file:
        text = re.sub(r'1398873532?(\d{5,6})', lambda m: '2798873' + m.group(0)[7:], file.read())
    with open(moved, 'w', encoding='utf-8') as file:
        file.write(text)
    assert names(WEEK[:2]) == names([WEEK[1], moved]), (names(WEEK[:2]), names([WEEK[1], moved]))


def known(message):
    """The keys that a refusal tells."""
    match = re.search(r'\(known: ([^)]*)\)', message)
    assert match, message
    return set(match.group(1).split())


def refusal(case, policy):
    done = case.run(policy)
    assert done.returncode == 2, done
    return done.stderr.decode()


def schema():
    with open(os.path.join(ROOT, 'schemas', 'policy.schema.json'), encoding='utf-8') as file:
        return json.load(file)


def test_schema_has_the_keys_of_the_parser(case):
    top = schema()['properties']
    assert known(refusal(case, 'zzzzzzzz: 1')) == set(top)
    assert known(refusal(case, 'baseline: {zzzzzzzz: 1}')) == set(top['baseline']['oneOf'][1]['properties'])
    assert known(refusal(case, 'baseline: zzzzzzzz')) == set(top['baseline']['oneOf'][0]['enum'])
    assert known(refusal(case, 'keep: {zzzzzzzz: 1}')) == set(top['keep']['properties'])
    assert known(refusal(case, 'allow: [{zzzzzzzz: 1}]')) == set(top['allow']['items']['properties'])
    assert known(refusal(case, 'inputs: {zzzzzzzz: 1}')) == set(schema()['$defs']['input']['anyOf'][1]['properties'])


def test_schema_has_the_rules_of_the_parser(case):
    kinds = schema()['properties']['rules']['items']['oneOf']
    names = {kind['title'] for kind in kinds[1:]}
    assert known(refusal(case, 'rules: [{rule: zzzzzzzz}]')) == names
    assert set(schema()['properties']['allow']['items']['properties']['rule']['enum']) == names
    for kind in kinds[1:]:
        message = refusal(case, f'rules: [{{rule: {kind["title"]}, zzzzzzzz: 1}}]')
        assert known(message) == set(kind['properties']), kind['title']


GOOD = ['', 'rules: [heap, new_cycles]', 'baseline: {best_of: 3}', 'keep: {graphs: 0, totals: 52w}',
        'rules: [{rule: heap, max: 2GiB, max_growth: [10%, 1MiB], severity: warn}]',
        'rules: [{rule: longest_pause, max: 80ms}, {rule: line, file: "*.py", line: 3}]',
        'rules: [{rule: growth, by: module, steps: 3}, {rule: creep, window: 14, min_growth: 5%}]',
        'defaults: true\nallow: [{holder: "a.b[*]", reason: known, expires: 2030-01-31}]',
        'select: {service: shop}\nlast: 5\nmin_snapshots: 1\nexplain: false\nname: 7']
BAD = ['rules: [heep]', 'baseline: {best_of: 0}', 'keep: {totals: a}', 'rules: [{rule: heap, max: lots}]',
       'rules: [{rule: holder}]', 'rules: [{rule: growth, steps: 1}]', 'allow: [{type: a}]', 'last: 0',
       'rules: [{rule: rss, by: type}]', 'explain: 1', 'inputs: [{label: a}]', 'baseline: {tag: a}']


def test_schema_and_parser_agree(case):
    yaml, jsonschema = need('yaml'), need('jsonschema')
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    for policies, good in ((GOOD, True), (BAD, False)):
        for policy in policies:
            # Dates are text in the policy; YAML libraries like to make more of them.
            document = yaml.load(policy, Loader=yaml.BaseLoader if 'expires' in policy else yaml.SafeLoader)
            if isinstance(document, dict) and document.get('defaults') == 'true':
                document['defaults'] = True
            assert validator.is_valid(document) == good, policy
            assert (case.run(policy).returncode != 2) == good, policy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bin', required=True)
    args = parser.parse_args()
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    for name, test in sorted(globals().items()):
        if not name.startswith('test_'):
            continue
        with tempfile.TemporaryDirectory(prefix='heapsnap-report-') as folder:
            try:
                test(Case(os.path.abspath(args.bin), folder))
                counts['passed'] += 1
            except Skip as reason:
                print(f'SKIP: {name}: {reason}')
                counts['skipped'] += 1
            except AssertionError as error:
                print(f'not ok: {name}: {error}')
                counts['failed'] += 1
    print('{passed} passed, {failed} failed, {skipped} skipped'.format(**counts))
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
