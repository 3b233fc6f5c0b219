import t from 'tap';
import { StreamRefusal } from '../../dist/capture/stream-refusal.js';

const refusal = new StreamRefusal('rtsp://u:hidden@10.0.0.7/main?token=hidden');
const network = (code: string) => refusal.network(Object.assign(new Error('x'), { code }));

t.test('each reason is a sentence of its own, with a cure, and without secrets', (t) => {
  const errors = [
    ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET'].map(network),
    network('DEPTH_ZERO_SELF_SIGNED_CERT'),
    network('ERR_SSL_WRONG_VERSION_NUMBER'),
    network('EWHATEVER'),
    refusal.noConnection(3000),
    refusal.silence(3000),
    refusal.closed(),
    refusal.foreign('RTSP'),
    refusal.status(401, '', false),
    refusal.status(401, '', true),
    refusal.status(404, '', false),
    refusal.status(453, '', false),
    refusal.status(500, 'Oops', false),
    refusal.unknownDemand(),
    refusal.noVideo(),
    refusal.noStream('text/html'),
  ];
  t.equal(new Set(errors.map(({ message }) => message)).size, errors.length);
  for (const error of errors) {
    t.match(error, {
      code: 'CAMERA_OPEN',
      message: /^Cannot open rtsp:\/\/\*\*\*@10\.0\.0\.7\/main/,
      hint: /\w/,
    });
    t.notMatch(JSON.stringify(error.toData()), /hidden/);
  }
  t.match(refusal.status(401, '', false).hint, /user name and password/);
  t.match(network('DEPTH_ZERO_SELF_SIGNED_CERT').hint, /update-ca-certificates/);
  t.end();
});

t.test('what a server says is passed on shortly, and cannot command a terminal', (t) => {
  const { message } = refusal.status(500, `\u001b[2J${'x'.repeat(1000)}`, false);
  t.match(message, /answers 500 "\\x1b\[2Jx+"/);
  t.ok(message.length < 250);
  t.match(refusal.noStream('').message, /something without a type/);
  t.end();
});
