/** Tables for a terminal. */
import t from 'tap';
import { textTable } from '../../dist/commands/text-table.js';

t.test('columns are as wide as they must be, and nothing hangs over', async (t) => {
  t.equal(
    textTable([
      ['NAME', 'N', 'NOTE'],
      ['a', 12, undefined],
      ['bcdef', null, 'x'],
    ]),
    'NAME   N   NOTE\na      12  -\nbcdef  -   x\n',
  );
  t.equal(textTable([]), '');
});

t.test('cells cannot speak to the terminal, nor fill it', async (t) => {
  t.equal(textTable([['\x1b[31mred\n', 'x'.repeat(600)]]), ` [31mred   ${'x'.repeat(500)}\n`);
});
