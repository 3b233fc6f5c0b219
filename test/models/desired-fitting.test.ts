/** Which documents are tried, in which order, and who is to blame. */
import t from 'tap';
import { DetectdError } from '../../dist/base/errors.js';
import { crossChecks } from '../../dist/config/cross-checks.js';
import { ConfigError } from '../../dist/config/problem.js';
import { configSchema } from '../../dist/config/schema.js';
import { DesiredBook, type InForce } from '../../dist/models/desired-book.js';
import { DesiredFitting } from '../../dist/models/desired-fitting.js';
import { document, loadLocal, localFile } from '../helpers/desired.js';
import { hostileDocument } from '../helpers/hostile-documents.js';

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

/** Policies of a local file; what may change is written down here once more, in another way. */
const POLICIES = [
  {
    remote: 'desired: true, pin: [models.people.threshold, cameras.gate.source]',
    mayChange: /^(models(\.|$)|cameras(\.|$)|log\.level$)/,
    stays: /^(models\.people\.threshold|cameras\.gate\.source)$/,
  },
  {
    remote:
      'desired: true, allow: [models.*.threshold, cameras.*.fps, cameras.*.enabled], pin: [cameras.gate.fps]',
    mayChange: /^(models\.people\.threshold|cameras\.gate\.enabled)$/,
    stays: /^cameras\.gate\.fps$/,
  },
  {
    remote: 'desired: true, allow: ["*"], pin: [log, engines.build, models.people]',
    mayChange: /^(models|cameras|log|engines|worker|health)(\.|$)/,
    stays: /^(log\.|engines\.build$|models\.people\.|health\.reboot)/,
  },
];

/** Every value by its dotted place. */
function flat(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) into.set(path, value);
  else
    for (const [key, item] of Object.entries(value)) flat(item, path === '' ? key : `${path}.${key}`, into);
  return into;
}

function differences(a: unknown, b: unknown): string[] {
  const [one, other] = [flat(a), flat(b)];
  return [...new Set([...one.keys(), ...other.keys()])].filter(
    (path) => !Object.is(one.get(path), other.get(path)),
  );
}

t.test('of 10,000 hostile documents nothing changes anything unless it is valid and allowed', async (t) => {
  const nowMs = Date.UTC(2026, 10, 23);
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  const wrong: string[] = [];
  const device = { id: 'dock-3', tags: ['dock'], signed: false };
  const pristine = Object.getOwnPropertyNames(Object.prototype).join();
  for (const [number, { remote, mayChange, stays }] of POLICIES.entries()) {
    const file = localFile(remote);
    const local = (await loadLocal(file)).config;
    let book = new DesiredBook(device);
    let current = local;
    for (let index = number; index < 10_000; index += POLICIES.length) {
      const scope = index % 2 === 0 ? 'fleet' : 'device';
      const { taken, offered } = book.kept(scope);
      const version = (offered ?? taken)?.version ?? 0;
      // A number that nothing can be above ends the story of a book.
      if (version > 100_000) book = new DesiredBook(device);
      book.receive(scope, hostileDocument(index, version > 100_000 ? 1 : version + 1), nowMs);
      const before = { ...book.inForce };
      if (book.due(nowMs)) {
        const fitting = new DesiredFitting(book.wanted(nowMs), book.inForce);
        for (let more = true; more; ) {
          const attempt = fitting.next();
          try {
            const loaded = await loadLocal(file, fitting.overlay(attempt));
            for (const { code } of loaded.overlaid?.leftOut ?? []) count(code);
            current = loaded.config;
            book.took(attempt, fitting.why);
            more = false;
          } catch (thrown) {
            if (!(thrown instanceof ConfigError)) throw thrown;
            more = fitting.failed(attempt, thrown, []);
            if (!more) wrong.push(`${index}: nothing fits`);
          }
        }
        const changed = differences(local, current);
        const bad = changed.filter((path) => !mayChange.test(path) || stays.test(path));
        if (bad.length > 0) wrong.push(`${index}: changes ${bad}`);
        if (!configSchema.safeParse(current).success || crossChecks(current).length > 0)
          wrong.push(`${index}: is not valid`);
        const sources = Object.values(current.cameras).map(({ source }) => source);
        const bundles = Object.values(current.models).map(({ bundle }) => bundle);
        if (sources.some((source) => /^\s*gst:/i.test(source))) wrong.push(`${index}: has a pipeline`);
        if (bundles.some((bundle) => bundle !== '/srv/people' && !/^(file|https?|mqtt):/.test(bundle)))
          wrong.push(`${index}: has a path`);
        const text = JSON.stringify({
          ...current,
          cameras: { ...current.cameras, gate: { ...current.cameras['gate'], source: '' } },
        });
        if (text.includes('hunter22') || text.includes('root:')) wrong.push(`${index}: holds a secret`);
      }
      const { state, error } = book.report(scope, nowMs);
      count(error?.code ?? state);
      if (book.inForce[scope] !== before[scope]) {
        count('taken');
        if ((book.inForce[scope]?.version ?? 0) <= (before[scope]?.version ?? 0))
          wrong.push(`${index}: goes back`);
      }
      if (wrong.length > 10) break;
    }
  }
  t.strictSame(wrong, []);
  t.equal(Object.getOwnPropertyNames(Object.prototype).join(), pristine);
  t.comment(JSON.stringify(Object.fromEntries(seen)));
  t.ok((seen.get('taken') ?? 0) > 1000, `${seen.get('taken')} were good and taken`);
  const codes = ['MALFORMED', 'TOO_LARGE', 'STALE', 'CONFLICT', 'EXPIRED', 'OTHER_DEVICE', 'INVALID'];
  for (const code of [...codes, 'NOT_ALLOWED', 'PINNED']) t.ok(seen.has(`DESIRED_${code}`), code);
});
