/** The address of a camera on the network, in the parts that a question to it needs. Pure. */
import type { Credentials } from './web-authorization.js';

export interface CameraAddress {
  host: string;
  port: number;
  encrypted: boolean;
  credentials: Credentials | undefined;
  /** The address without user and password, as requests name it. */
  plain: string;
  /** Path and query, from the first slash on. */
  path: string;
}

const PORTS: Record<string, number> = { rtsp: 554, rtsps: 322, http: 80, https: 443 };

/** The configuration has let the address pass; a host that cannot be read is empty. */
export function cameraAddress(url: string): CameraAddress {
  const [, scheme = '', user, authority = '', rest = ''] =
    /^([a-z]+):\/\/(?:([^/?#]*)@)?([^/?#]*)(.*)$/i.exec(url) ?? [];
  const [, bracketed, plainHost, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(authority) ?? [];
  const kind = scheme.toLowerCase();
  return {
    host: bracketed ?? plainHost ?? '',
    port: port === undefined ? (PORTS[kind] ?? 0) : Number(port),
    encrypted: kind.endsWith('s'),
    credentials: user === undefined ? undefined : credentials(user),
    plain: `${scheme}://${authority}${rest}`,
    path: rest.startsWith('/') ? rest : `/${rest}`,
  };
}

function credentials(text: string): Credentials {
  const colon = text.indexOf(':');
  const [user, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { user: decoded(user), password: decoded(password) };
}

/** A "%" that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
