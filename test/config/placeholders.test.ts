/** Placeholders as they are written. */
import t from 'tap';
import { parsePlaceholders } from '../../dist/config/placeholders.js';

t.test('texts and placeholders are told apart', (t) => {
  const texts: [string, unknown][] = [
    ['plain $5 }', [{ kind: 'text', text: 'plain $5 }' }]],
    ['', [{ kind: 'text', text: '' }]],
    [`\${A_1}`, [{ kind: 'variable', name: 'A_1' }]],
    [
      `a\${B}c\${D}`,
      [
        { kind: 'text', text: 'a' },
        { kind: 'variable', name: 'B' },
        { kind: 'text', text: 'c' },
        { kind: 'variable', name: 'D' },
      ],
    ],
    [`\${file:/run/a b}`, [{ kind: 'file', path: '/run/a b' }]],
    [
      `\${file:\${DIR}/x}!`,
      [
        { kind: 'file', path: `\${DIR}/x` },
        { kind: 'text', text: '!' },
      ],
    ],
    [`\${credential:mqtt.pw}`, [{ kind: 'credential', name: 'mqtt.pw' }]],
    [`$\${A}`, [{ kind: 'text', text: `\${A}` }]],
    [
      `x$\${A}\${B}`,
      [
        { kind: 'text', text: `x\${A}` },
        { kind: 'variable', name: 'B' },
      ],
    ],
  ];
  for (const [text, parts] of texts) t.strictSame(parsePlaceholders(text), parts, text);
  t.end();
});

t.test('what is no placeholder is refused, with the forms that are', (t) => {
  const texts = [
    `\${`,
    `a\${B`,
    `\${file:\${A}`,
    `\${}`,
    `\${1A}`,
    `\${A-B}`,
    `\${file:}`,
    `\${credential:../x}`,
    `\${env:A}`,
  ];
  for (const text of texts) {
    t.match(
      parsePlaceholders(text),
      { error: /write \$\{NAME\}, \$\{file:PATH\} or \$\{credential:NAME\}/ },
      text,
    );
  }
  t.end();
});
