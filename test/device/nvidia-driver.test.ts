/** Cards and drivers, as drivers old and new, stubs and failing programs tell them. */
import t from 'tap';
import type { ProgramAnswer } from '../../dist/base/program-output.js';
import {
  askForCards,
  CARD_QUERY,
  isDriverVersion,
  OLD_CARD_QUERY,
  parseCardInformation,
  parseCards,
  parseNvrmVersion,
} from '../../dist/device/nvidia-driver.js';

t.test('lines of nvidia-smi, with all that may be missing', async (t) => {
  const texts: [string, object[]][] = [
    [
      'NVIDIA GeForce RTX 4090, 570.195.03, 8.9\n',
      [{ name: 'NVIDIA GeForce RTX 4090', driver: '570.195.03', computeCapability: '8.9' }],
    ],
    ['NVIDIA Thor, 580.00, 11.0\n', [{ name: 'NVIDIA Thor', driver: '580.00', computeCapability: '11.0' }]],
    ['Orin (nvgpu), [N/A], 8.7', [{ name: 'Orin (nvgpu)', driver: undefined, computeCapability: '8.7' }]],
    ['Tesla K80, 470.82, [N/A]', [{ name: 'Tesla K80', driver: '470.82', computeCapability: undefined }]],
    ['Odd, Card, 510.1, 8.6', [{ name: 'Odd, Card', driver: '510.1', computeCapability: '8.6' }]],
    ['Tesla M40, 390.157\n', [{ name: 'Tesla M40', driver: '390.157', computeCapability: undefined }]],
    ['No devices were found\n', []],
    ['[N/A], [N/A], [N/A]', []],
    ['', []],
  ];
  for (const [text, cards] of texts) t.strictSame(parseCards(text), cards, text);
  t.equal(parseCards('A, 500.1, 8.0\n'.repeat(1000)).length, 64);
});

t.test('the version of the kernel module, in each of its forms', async (t) => {
  const line = (text: string) => parseNvrmVersion(`NVRM version: NVIDIA UNIX ${text}\nGCC version: 12.3.0\n`);
  t.equal(line('Open Kernel Module for aarch64  580.00  Release Build  (x@y)  Thu Aug 21 2025'), '580.00');
  t.equal(line('x86_64 Kernel Module  535.216.03  Thu Apr  3 01:14:19 UTC 2025'), '535.216.03');
  t.equal(line('Kernel Module for aarch64  34.1.1  Release Build'), '34.1.1');
  t.equal(line('Open Kernel Module for x86_64 malformed'), undefined);
  t.equal(parseNvrmVersion('GCC version: 12.3.0'), undefined);
  t.equal(parseCardInformation('Model: \t\t NVIDIA H200\nIRQ:   1\n'), 'NVIDIA H200');
  t.equal(parseCardInformation(''), undefined);
  t.equal(isDriverVersion('550.54.15\n'), true);
  t.equal(isDriverVersion('none'), false);
});

t.test('an old driver is asked again in words that it knows', async (t) => {
  const asked: (readonly string[])[] = [];
  const answers: ProgramAnswer[] = [
    { ok: false, reason: 'ended with status 2' },
    { ok: true, stdout: 'Tesla M40, 390.157\n' },
  ];
  const { cards } = await askForCards((args) => {
    asked.push(args);
    return Promise.resolve(answers[asked.length - 1] as ProgramAnswer);
  });
  t.match(cards, [{ name: 'Tesla M40' }]);
  t.strictSame(asked, [CARD_QUERY, OLD_CARD_QUERY]);
});

t.test('one that is missing or hangs is asked once', async (t) => {
  for (const reason of ['is not installed', 'did not answer in 10000 ms']) {
    let count = 0;
    const outcome = await askForCards(() => {
      count += 1;
      return Promise.resolve({ ok: false, reason });
    });
    t.strictSame(outcome, { cards: [], reason });
    t.equal(count, 1, reason);
  }
  const silent = await askForCards(() => Promise.resolve({ ok: true, stdout: 'No devices were found\n' }));
  t.strictSame(silent, { cards: [], reason: 'names no card' });
});
