/** An authority, a certificate of a broker on this machine, and one that expired yesterday. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function brokerCertificates(folder, addresses) {
  const path = (name) => join(folder, name);
  openssl(
    ...['req', '-x509', ...KEY, '-days', '2', '-subj', '/CN=proof'],
    ...['-keyout', path('ca.key'), '-out', path('ca.pem')],
  );
  writeFileSync(path('names'), `subjectAltName=${addresses.map((each) => `IP:${each}`).join(',')}\n`);
  openssl('req', ...KEY, '-subj', '/CN=broker', '-keyout', path('broker.key'), '-out', path('broker.csr'));
  const signed = (name, days) => {
    openssl(
      ...[
        'x509',
        '-req',
        '-days',
        days,
        '-in',
        path('broker.csr'),
        '-out',
        path(name),
        '-extfile',
        path('names'),
      ],
      ...['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial'],
    );
    return path(name);
  };
  return {
    ca: path('ca.pem'),
    key: path('broker.key'),
    good: signed('good.pem', '2'),
    expired: signed('expired.pem', '-1'),
  };
}

function openssl(...args) {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
