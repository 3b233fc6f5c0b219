/**
 * What went wrong between detectd and a broker, told by its cause: a reason code of the broker, an error
 * code of the system or of TLS. Pure; nothing here ever sees a password.
 */
import { DetectdError, messageOf, systemCode } from '../base/errors.js';
import type { BrokerAddress } from './broker-address.js';

interface Refusal {
  what: string;
  hint: string;
}

const CHECK_LOGIN = 'Check mqtt.username and mqtt.password, and the access rules of the broker.';
const CHECK_ID = 'Give this device its own device.id, or set mqtt.client_id.';
const LATER = 'Look at the load and the log of the broker; detectd tries again by itself.';

/** By CONNACK code of MQTT 3.1.1 (1 to 5) and reason code of MQTT 5 (from 128). */
const REFUSALS: Record<number, Refusal> = {
  1: { what: 'does not speak this version of MQTT', hint: 'Set mqtt.protocol to auto or 3.1.1.' },
  2: { what: 'rejects the client identifier', hint: CHECK_ID },
  3: { what: 'is not available now', hint: LATER },
  4: { what: 'rejects the user name or password', hint: CHECK_LOGIN },
  5: { what: 'does not authorise this client', hint: CHECK_LOGIN },
  132: { what: 'does not speak this version of MQTT', hint: 'Set mqtt.protocol to auto or 3.1.1.' },
  133: { what: 'rejects the client identifier', hint: CHECK_ID },
  134: { what: 'rejects the user name or password', hint: CHECK_LOGIN },
  135: { what: 'does not authorise this client', hint: CHECK_LOGIN },
  136: { what: 'is not available now', hint: LATER },
  137: { what: 'is too busy', hint: LATER },
  138: { what: 'has banned this client', hint: 'Ask whoever runs the broker.' },
  140: { what: 'wants another kind of authentication', hint: CHECK_LOGIN },
  142: { what: 'gave the session to another client with the same identifier', hint: CHECK_ID },
  144: { what: 'rejects a topic name', hint: 'Check mqtt.base against the rules of the broker.' },
  149: { what: 'finds a message too large', hint: 'Raise the packet size limit of the broker.' },
  151: { what: 'says that a quota is used up', hint: LATER },
  154: { what: 'does not allow retained messages', hint: 'Allow retained messages on the broker.' },
  159: { what: 'limits the rate of connections', hint: LATER },
};

const TAKEN_OVER = 142;
const VERSION_REFUSED = new Set([1, 132]);

/** Whether the broker's answer means that another MQTT version may work. */
export function refusesVersion(code: number | undefined): boolean {
  return code !== undefined && VERSION_REFUSED.has(code);
}

/** The broker said no, with a CONNACK, DISCONNECT, PUBACK or SUBACK code. */
export function refusedError(code: number, address: BrokerAddress, about?: string): DetectdError {
  const known = REFUSALS[code];
  const what = known?.what ?? `refuses with reason code ${code}`;
  const subject = about === undefined ? '' : ` (${about})`;
  return new DetectdError(
    'MQTT_REFUSED',
    `The MQTT broker ${address.display} ${what}${subject}.`,
    known?.hint ?? 'Look into the log of the broker.',
    { cause: { code } },
  );
}

/** Another client came with the same identifier: the broker keeps one of them only. MQTT 3.1.1 does not tell. */
export function isTakenOver({ cause }: DetectdError): boolean {
  return (cause as { code?: unknown } | undefined)?.code === TAKEN_OVER;
}

/** No answer within `timeoutMs`. */
export function silentError(timeoutMs: number, address: BrokerAddress): DetectdError {
  return new DetectdError(
    'MQTT_UNREACHABLE',
    `The MQTT broker ${address.display} does not answer within ${timeoutMs / 1000} s.`,
    'Check the address, firewalls in between, and that an MQTT broker listens there.',
  );
}

/** The connection ended without a word; `answered` when it had been in use before. */
export function closedError(answered: boolean, address: BrokerAddress): DetectdError {
  if (answered) {
    return new DetectdError(
      'MQTT_UNREACHABLE',
      `The MQTT broker ${address.display} closed the connection.`,
      'detectd connects again by itself. When this repeats, look into the log of the broker, and whether another client has the same identifier.',
    );
  }
  return new DetectdError(
    'MQTT_UNREACHABLE',
    `The MQTT broker ${address.display} closes the connection without an answer.`,
    address.tls
      ? 'Check that it is an MQTT port with TLS, and whether the broker wants a client certificate.'
      : 'Check that it is an MQTT port; if it wants TLS, write mqtts:// or wss://.',
  );
}

/** The peer went away before TLS was agreed on, as one does that does not speak it. */
export function handshakeError(address: BrokerAddress): DetectdError {
  return new DetectdError(
    'MQTT_TLS',
    `The MQTT broker ${address.display} ends the connection before TLS is agreed on.`,
    'Check that this port speaks TLS; if it does not, write mqtt:// or ws://.',
  );
}

/** A file of the TLS settings cannot be used. */
export function tlsFileError(setting: string, path: string, thrown: unknown): DetectdError {
  return new DetectdError(
    'MQTT_TLS',
    `The file of mqtt.${setting} cannot be read: ${path} (${systemCode(thrown) ?? messageOf(thrown)}).`,
    'Check the path and that the user of the daemon may read it.',
    { cause: thrown },
  );
}

const UNREACHABLE: Record<string, Refusal> = {
  ECONNREFUSED: { what: 'refuses connections', hint: 'Start the broker, or correct the port.' },
  ENOTFOUND: { what: 'has an unknown host name', hint: 'Correct the host in mqtt.broker, or check the DNS.' },
  EAI_AGAIN: { what: 'has a host name that cannot be looked up now', hint: 'Check the network and the DNS.' },
  EHOSTUNREACH: { what: 'cannot be reached', hint: 'Check the network and the address in mqtt.broker.' },
  ENETUNREACH: { what: 'cannot be reached', hint: 'Check the network of this machine.' },
  ETIMEDOUT: { what: 'does not answer', hint: 'Check the address, and firewalls in between.' },
};

const CLOCK_HINT = "Check the clock of this machine, and the certificate's dates.";
const TLS: Record<string, Refusal> = {
  CERT_HAS_EXPIRED: { what: 'shows a certificate that has expired', hint: CLOCK_HINT },
  CERT_NOT_YET_VALID: { what: 'shows a certificate that is not valid yet', hint: CLOCK_HINT },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: 'shows a certificate for another name',
    hint: 'Use the name in mqtt.broker for which the certificate was made.',
  },
};
const UNTRUSTED: Refusal = {
  what: 'shows a certificate that is not trusted',
  hint: 'Set mqtt.ca to the certificate of the authority that signed it.',
};
for (const code of [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
]) {
  TLS[code] = UNTRUSTED;
}

/** Any error of the socket, of TLS or of the protocol as a DetectdError. */
export function transportError(thrown: unknown, address: BrokerAddress): DetectdError {
  if (thrown instanceof DetectdError) return thrown;
  const code = systemCode(thrown);
  const unreachable = code === undefined ? undefined : UNREACHABLE[code];
  if (unreachable) return told('MQTT_UNREACHABLE', unreachable, address, thrown);
  const tls = code === undefined ? undefined : TLS[code];
  if (tls) return told('MQTT_TLS', tls, address, thrown);
  if (address.tls && isTlsFault(code, messageOf(thrown))) {
    return new DetectdError(
      'MQTT_TLS',
      `The TLS connection to the MQTT broker ${address.display} failed (${code ?? messageOf(thrown)}).`,
      'Check that the port speaks TLS, and mqtt.ca, mqtt.cert and mqtt.key.',
      { cause: thrown },
    );
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return closedError(false, address);
  return new DetectdError(
    'MQTT_UNREACHABLE',
    `The connection to the MQTT broker ${address.display} failed: ${messageOf(thrown) || code}.`,
    'Check mqtt.broker, and that an MQTT broker listens there.',
    { cause: thrown },
  );
}

function isTlsFault(code: string | undefined, message: string): boolean {
  if (code === 'EPROTO' || /^(ERR_(SSL|TLS|OSSL)|CERT_|CRL_)/.test(code ?? '')) return true;
  return /secure TLS connection|TLS not authorized|PEM|\bSSL\b|\balert\b/i.test(message);
}

function told(
  code: 'MQTT_UNREACHABLE' | 'MQTT_TLS',
  { what, hint }: Refusal,
  address: BrokerAddress,
  cause: unknown,
): DetectdError {
  return new DetectdError(code, `The MQTT broker ${address.display} ${what}.`, hint, { cause });
}
