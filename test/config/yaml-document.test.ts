/** The YAML layer alone. */
import t from 'tap';
import { readYaml } from '../../dist/config/yaml-document.js';

t.test('text becomes plain data', (t) => {
  t.match(readYaml('a: 1\nb: [x, true, null, 1.5]\n'), {
    value: { a: 1, b: ['x', true, null, 1.5] },
    problems: [],
  });
  t.match(readYaml('# nothing\n'), { value: {}, problems: [] });
  t.match(
    readYaml('a: 2026-01-01\nb: yes\nc: 012\n'),
    { value: { a: '2026-01-01', b: 'yes' } },
    'no surprises',
  );
  t.end();
});

t.test('whatever is wrong is a problem, never an exception', (t) => {
  const texts = [
    'a: [',
    'a: !!js/function x',
    'a: *x',
    '\0',
    '%YAML 9.9\n---\na',
    "a: 'x",
    'a: !t x',
    '- - -\t- x',
    '}',
  ];
  for (const text of texts) {
    const { problems } = readYaml(text);
    t.ok(problems.length > 0, JSON.stringify(text));
    for (const { line, column } of problems) t.ok(line >= 1 && column >= 1);
  }
  t.end();
});

t.test('aliases are bounded in number', (t) => {
  const text = `a: &a 1\nb: [${Array.from({ length: 1500 }, () => '*a').join(', ')}]\n`;
  t.match(readYaml(text), { value: undefined, problems: [{ message: /alias/i }] });
  t.end();
});
