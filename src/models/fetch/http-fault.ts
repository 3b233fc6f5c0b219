/** What went wrong on the way to a web server, told by its cause: the code of the system, of TLS or of the parser. Pure. */
import { messageOf, systemCode } from '../../base/errors.js';
import { maskUrl } from '../../config/secrets.js';
import { type Again, FetchFault } from './fetch-fault.js';
import { ProxyRefusal } from './http-client.js';

interface Cause {
  what: string;
  hint: string;
  again: Again;
}

const NETWORK = 'Look at the network of this device and at the server; it is tried again by itself.';
const NAME = 'Check the name in the address, and the name server of this device.';
const CERTIFICATE =
  'Add the authority of the server to this system (update-ca-certificates), or mend its certificate.';
const TIME = 'Check the clock of this device, and the certificate of the server.';

const CAUSES: Record<string, Cause> = {
  ENOTFOUND: { what: 'its name is not known', hint: NAME, again: 'soon' },
  EAI_AGAIN: { what: 'no name server answers', hint: NAME, again: 'soon' },
  ECONNREFUSED: { what: 'nobody listens there', hint: NETWORK, again: 'soon' },
  ECONNRESET: { what: 'the connection was cut', hint: NETWORK, again: 'soon' },
  EPIPE: { what: 'the connection was cut', hint: NETWORK, again: 'soon' },
  ETIMEDOUT: { what: 'it does not answer', hint: NETWORK, again: 'soon' },
  EHOSTUNREACH: { what: 'no way leads there', hint: NETWORK, again: 'soon' },
  ENETUNREACH: { what: 'there is no network', hint: NETWORK, again: 'soon' },
  ENETDOWN: { what: 'there is no network', hint: NETWORK, again: 'soon' },
  HPE_HEADER_OVERFLOW: { what: 'its headers are too long', hint: NETWORK, again: 'later' },
  CERT_HAS_EXPIRED: { what: 'its certificate has expired', hint: TIME, again: 'later' },
  CERT_NOT_YET_VALID: { what: 'its certificate is not valid yet', hint: TIME, again: 'later' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: 'its certificate is for another name',
    hint: CERTIFICATE,
    again: 'later',
  },
};

const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_[A-Z_]+|CERT_[A-Z_]+)$/;
/** The fault that `thrown` stands for; `where` is the address as people see it. */
export function networkFault(thrown: unknown, where: string): FetchFault {
  if (thrown instanceof FetchFault) return thrown;
  const { what, hint, again } = causeOf(innermost(thrown));
  return new FetchFault('UPDATE_FETCH', again, `${where} cannot be fetched: ${what}.`, {
    hint,
    cause: thrown,
  });
}

function causeOf(error: unknown): Cause {
  const code = systemCode(error) ?? '';
  const known = CAUSES[code];
  if (known !== undefined) return known;
  if (UNTRUSTED.test(code))
    return { what: 'its certificate is not trusted', hint: CERTIFICATE, again: 'later' };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return { what: 'it does not speak TLS as we do', hint: CERTIFICATE, again: 'later' };
  if (code.startsWith('HPE_')) return { what: 'it does not speak HTTP', hint: NETWORK, again: 'soon' };
  if (error instanceof ProxyRefusal && error.status === 407)
    return {
      what: 'the proxy wants a login (407)',
      hint: 'Put name and password of the proxy into HTTPS_PROXY and HTTP_PROXY.',
      again: 'later',
    };
  if (error instanceof ProxyRefusal)
    return { what: error.message, hint: 'Ask whoever runs the proxy.', again: 'soon' };
  return { what: maskUrl(messageOf(error)).replace(/\.$/, ''), hint: NETWORK, again: 'soon' };
}

/** The error of one of several addresses, and what was wrapped. */
function innermost(thrown: unknown): unknown {
  let error = thrown;
  for (let depth = 0; depth < 5; depth += 1) {
    if (error instanceof AggregateError && error.errors.length > 0) error = error.errors[0];
    else if (
      error instanceof Error &&
      error.cause instanceof Error &&
      CAUSES[systemCode(error) ?? ''] === undefined
    )
      error = error.cause;
    else break;
  }
  return error;
}
