/** Certificates that are renewed, badly renewed, or about to end. The pairs are made for these tests alone. */
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CertificateWatch, endComplaint, NOTICE_MS } from '../../dist/publish/certificate-watch.js';
import { FakeClock } from '../helpers/fake-clock.js';
import { logLines } from '../helpers/log-lines.js';
import { until } from '../helpers/until.js';

const PAIRS = join(import.meta.dirname, '../../test/fixtures/tls');

/** A watch over a folder with the pair `a`, and how to put others there. */
async function watching(t: Test, wallMs = Date.UTC(2030, 0, 1)) {
  const folder = t.testdir({});
  const at = (name: string) => join(folder, name);
  const put = (name: string, pair: 'a' | 'b') => copyFileSync(join(PAIRS, `${pair}.${name}`), at(name));
  put('pem', 'a');
  put('key', 'a');
  const clock = new FakeClock({ wallMs });
  const { log, lines } = logLines();
  let renewals = 0;
  const renewed = () => {
    renewals += 1;
  };
  const watch = new CertificateWatch({ config: { cert: at('pem'), key: at('key') }, clock, log, renewed });
  t.teardown(() => watch.close());
  await watch.start();
  return { watch, clock, lines, at, put, renewals: () => renewals };
}

t.test('a new pair is told of once', async (t) => {
  const { watch, clock, put, renewals } = await watching(t);
  clock.advance(60_000);
  put('pem', 'b');
  put('key', 'b');
  await until(() => {
    clock.advance(60_000);
    return renewals() > 0;
  });
  clock.advance(60_000);
  clock.advance(60_000);
  t.equal(renewals(), 1);
  t.equal(watch.complaint(), undefined);
});

t.test('a certificate without its key leaves all as it is, with one warning', async (t) => {
  const { watch, clock, put, lines, renewals } = await watching(t);
  put('pem', 'b');
  await until(() => {
    clock.advance(60_000);
    return watch.complaint() !== undefined;
  });
  t.match(watch.complaint(), /cannot be used together/);
  for (let minute = 0; minute < 5; minute += 1) clock.advance(60_000);
  t.equal(lines.filter(({ code }) => code === 'MQTT_TLS').length, 1);
  t.equal(renewals(), 0);
  put('key', 'b');
  await until(() => {
    clock.advance(60_000);
    return renewals() > 0;
  });
  t.equal(watch.complaint(), undefined);
});

t.test('the same pair written again is no news', async (t) => {
  const { watch, clock, put, at, renewals, lines } = await watching(t);
  rmSync(at('key'));
  await until(() => {
    clock.advance(60_000);
    return watch.complaint() !== undefined;
  });
  t.match(watch.complaint(), /mqtt\.key cannot be read/);
  put('key', 'a');
  await until(() => {
    clock.advance(60_000);
    return watch.complaint() === undefined;
  });
  t.equal(renewals(), 0);
  t.equal(lines.length, 1);
});

t.test('the end of a certificate is said a week before', async (t) => {
  const { default: crypto } = await import('node:crypto');
  const end = Date.parse(new crypto.X509Certificate(readFileSync(join(PAIRS, 'a.pem'))).validTo);
  const early = await watching(t, end - NOTICE_MS - 1000);
  t.equal(early.watch.complaint(), undefined);
  const late = await watching(t, end - NOTICE_MS + 1000);
  t.match(late.watch.complaint(), /the client certificate expires on 20\d\d-/);
  const over = await watching(t, end + 1000);
  t.match(over.watch.complaint(), /the client certificate has expired, on 20\d\d-/);
});

t.test('an end that is not known is no complaint', (t) => {
  t.equal(endComplaint('it', undefined, 0), undefined);
  t.equal(endComplaint('it', Number.NaN, 0), undefined);
  t.end();
});

t.test('without files nothing is looked at', async (t) => {
  const clock = new FakeClock();
  const watch = new CertificateWatch({
    config: {},
    clock,
    log: logLines().log,
    renewed: () => t.fail('nothing to renew'),
  });
  await watch.start();
  t.equal(clock.pending, 0);
  watch.close();
});
