/** Why a camera on the network cannot be opened now, found out by asking it: one sentence and one cure each. Pure. */
import { DetectdError, systemCode } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { maskSecrets } from './launch-syntax.js';

const NETWORK: Record<string, [why: string, hint: string]> = {
  ECONNREFUSED: [
    'the connection was refused',
    'Check the port in the address, and that the camera has started and its stream is switched on.',
  ],
  ENOTFOUND: ['its host name is not known', 'Check the host name in the address, and DNS.'],
  EAI_AGAIN: [
    'nobody answers which address its host name has',
    'Check DNS, or write the address in numbers.',
  ],
  EHOSTUNREACH: ['there is no way to it', 'Check that the camera is switched on and in the same network.'],
  ENETUNREACH: ['there is no way to its network', 'Check the network of this machine.'],
  ECONNRESET: ['it broke off the connection', 'It may serve as many clients as it can; close another one.'],
  EPIPE: ['it broke off the connection', 'It may serve as many clients as it can; close another one.'],
};

/** Characters of what a server says that are passed on. */
const LONGEST_SAID = 80;

export class StreamRefusal {
  readonly #label: string;

  constructor(url: string) {
    this.#label = maskSecrets(url);
  }

  /** A failed connection, by Node's error. */
  network(error: unknown): DetectdError {
    const code = systemCode(error) ?? '';
    const known = NETWORK[code];
    if (known !== undefined) return this.#error(...known);
    if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code)) {
      return this.#error(
        `its certificate is not trusted (${code})`,
        'Have this system trust it: copy its authority to /usr/local/share/ca-certificates, then run update-ca-certificates.',
      );
    }
    if (/SSL|TLS|EPROTO/.test(code)) {
      return this.#error(
        'it does not speak TLS here',
        'Write rtsp:// or http:// without s, or check the port.',
      );
    }
    return this.#error(
      `the system says ${code || 'nothing'}`,
      'Check that the camera is switched on and reachable.',
    );
  }

  noConnection(ms: number): DetectdError {
    return this.#error(
      `nobody answers at its address within ${ms / 1000} s`,
      'Check that the camera is switched on and reachable, and that no firewall is between.',
    );
  }

  silence(ms: number): DetectdError {
    return this.#error(
      `it takes connections, but gives no answer within ${ms / 1000} s`,
      'Check the port in the address; if it is right, restart the camera.',
    );
  }

  closed(): DetectdError {
    return this.#error(
      'it ended the connection without an answer',
      'Check the port in the address; the camera may also serve as many clients as it can.',
    );
  }

  foreign(protocol: string): DetectdError {
    return this.#error(`what answers there does not speak ${protocol}`, 'Check the port in the address.');
  }

  /** @param given whether user and password were sent */
  status(status: number, reason: string, given: boolean): DetectdError {
    if (status === 401 || status === 403) {
      return given
        ? this.#error('it refuses the user or the password', 'Check user name and password in the address.')
        : this.#error(
            'it wants a user and a password',
            'Check user name and password in the address: rtsp://USER:PASSWORD@HOST/…, the password as a secret.',
          );
    }
    if (status === 404) {
      return this.#error('it knows no such stream (404)', 'Check the path in the address.');
    }
    if (status === 453 || status === 503) {
      return this.#error(
        `it has no room for another client (${status})`,
        'Close other viewers, or take its second stream.',
      );
    }
    const said = printable(reason.slice(0, LONGEST_SAID));
    return this.#error(
      `it answers ${status}${said === '' ? '' : ` "${said}"`}`,
      'Check the address, and the log of the camera.',
    );
  }

  unknownDemand(): DetectdError {
    return this.#error(
      'it wants a kind of password that is not known here',
      'Set it to Digest or Basic authentication.',
    );
  }

  noVideo(): DetectdError {
    return this.#error(
      'it offers no video',
      'Check the path in the address: it may be that of sound or events.',
    );
  }

  /** @param type what it serves instead, as it says */
  noStream(type: string): DetectdError {
    return this.#error(
      `it serves ${printable(type.slice(0, LONGEST_SAID)) || 'something without a type'}, not a stream of pictures`,
      'Check that the address serves MJPEG (multipart/x-mixed-replace).',
    );
  }

  #error(why: string, hint: string): DetectdError {
    return new DetectdError('CAMERA_OPEN', `Cannot open ${this.#label}: ${why}.`, hint);
  }
}
