/** Which documents are tried, in which order, and who is to blame. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { ConfigError } from '../../dist/config/problem.js';
import type { InForce } from '../../dist/models/desired-book.js';
import { DesiredFitting } from '../../dist/models/desired-fitting.js';
import { document, loadLocal, localFile } from '../helpers/desired.js';

const oldFleet = document({ version: 1 });
const newFleet = document({ version: 2, config: { log: { level: 'debug' } } });
const oldDevice = document({ version: 1 }, 'device');
const newDevice = document({ version: 2, config: { log: { level: 'trace' } } }, 'device');

const ofDocument = new ConfigError('/f', [
  { line: 0, column: 0, path: 'x', message: '"x" is wrong', origin: 'the document fleet version 2' },
]);
const ofFile = new ConfigError('/f', [{ line: 3, column: 1, path: 'x', message: '"x" is wrong' }]);
const ofModel = new DetectdError('MODEL_LOAD', 'The model at https://u:hunter22@h/ is bad.');

function named({ fleet, device }: InForce): string {
  return `${fleet?.version ?? '-'} ${device?.version ?? '-'}`;
}

/** Every attempt as long as each fails with this. */
function attempts(fitting: DesiredFitting, error: DetectdError): string[] {
  const tried: string[] = [];
  for (;;) {
    const attempt = fitting.next();
    tried.push(named(attempt));
    if (!fitting.failed(attempt, error, ['hunter22'])) return tried;
  }
}

t.test('without the newest, then what was in force, then less', (t) => {
  const fitting = () =>
    new DesiredFitting({ fleet: newFleet, device: newDevice }, { fleet: oldFleet, device: oldDevice });
  t.strictSame(attempts(fitting(), ofDocument), ['2 2', '1 2', '2 1', '1 1', '1 -', '- 1', '- -']);
  t.strictSame(
    attempts(fitting(), ofModel),
    ['2 2', '1 2', '2 1', '1 1'],
    'what was in force is not given up for it',
  );
  t.strictSame(attempts(fitting(), ofFile), ['2 2'], 'the fault is in the file');
  t.strictSame(attempts(new DesiredFitting({}, {}), ofModel), ['- -']);
  t.strictSame(attempts(new DesiredFitting({ fleet: oldFleet }, { fleet: oldFleet }), ofModel), ['1 -']);
  t.strictSame(
    attempts(new DesiredFitting({ fleet: oldFleet }, {}), ofDocument),
    ['1 -', '- -'],
    'after a restart',
  );
  t.end();
});

t.test('why a document does not fit is said without secrets and without end', (t) => {
  const why = (error: DetectdError) => {
    const fitting = new DesiredFitting({ fleet: newFleet }, { fleet: oldFleet });
    fitting.failed(fitting.next(), error, ['hunter22']);
    return fitting.why.get(newFleet);
  };
  t.match(why(ofDocument), {
    code: 'DESIRED_INVALID',
    message: 'The configuration would not be valid: in the document fleet version 2: "x" is wrong.',
  });
  t.match(why(ofModel), {
    code: 'DESIRED_INVALID',
    message:
      'With the document fleet version 2 it would not run: MODEL_LOAD: The model at https://u:***@h/ is bad.',
  });
  t.match(why(ofFile), { code: 'DESIRED_INVALID', message: /while the local file has a problem of its own/ });
  const problem = { line: 0, column: 0, path: 'x', message: 'y'.repeat(1000), origin: 'the document' };
  const many = new ConfigError(
    '/f',
    Array.from({ length: 5000 }, () => problem),
  );
  t.ok((why(many)?.message.length ?? 0) < 10_000);
  t.match(why(many)?.message, /and 4980 more/);
  t.end();
});

t.test('documents lie over a file that follows them, signed where it wants that', async (t) => {
  const overlay = new DesiredFitting({ fleet: newFleet }, {}).overlay({ fleet: newFleet });
  t.equal((await loadLocal(localFile(), overlay)).config.log.level, 'debug');
  t.equal((await loadLocal(localFile('desired: false'), overlay)).config.log.level, 'info');
  const keys = 'updates: {keys: [RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3]}';
  const signed = localFile('desired: true, signed: true', keys);
  await t.rejects(loadLocal(signed, overlay), { code: 'DESIRED_BAD_SIGNATURE' });
  t.equal(new DesiredFitting({}, {}).overlay({}), undefined);
});
