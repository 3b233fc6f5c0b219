/** How problems are written. */
import t from 'tap';
import { ConfigError, dotted, formatProblem, formatProblems } from '../../dist/config/problem.js';

const problem = { line: 3, column: 7, path: 'a.b', message: 'is wrong' };

t.test('a problem is one line that editors understand', (t) => {
  t.equal(formatProblem('x.yaml', problem), 'x.yaml:3:7: is wrong');
  t.equal(
    formatProblem('x.yaml', { ...problem, suggestion: 'ab' }),
    'x.yaml:3:7: is wrong; did you mean "ab"?',
  );
  t.equal(formatProblems('x', []), '');
  t.end();
});

t.test('the error carries and prints all of them', (t) => {
  const one = new ConfigError('x.yaml', [problem]);
  t.match(one, { code: 'CONFIG_INVALID', exitStatus: 2, file: 'x.yaml', problems: [problem] });
  t.equal(one.message, 'The configuration x.yaml has a problem:\nx.yaml:3:7: is wrong');
  t.match(new ConfigError('x', [problem, problem], 'CONFIG_SECRET'), {
    code: 'CONFIG_SECRET',
    message: /has 2 problems/,
  });
  t.end();
});

t.test('paths are dotted, indexes in brackets', (t) => {
  t.equal(dotted([]), '');
  t.equal(dotted(['a', 'b', 2, 'c']), 'a.b[2].c');
  t.end();
});

t.test('a problem that comes from elsewhere names that instead of a line', (t) => {
  const problem = {
    line: 0,
    column: 0,
    path: 'a',
    message: 'is wrong',
    origin: 'the document fleet version 12',
  };
  t.equal(formatProblem('x.yaml', problem), 'in the document fleet version 12: is wrong');
  t.end();
});
