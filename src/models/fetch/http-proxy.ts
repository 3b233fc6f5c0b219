/** Which proxy the environment wants for an address, as curl reads it: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in small letters first. Pure. */
import { FetchFault } from './fetch-fault.js';

/** The proxy to go through; undefined: directly. Throws UPDATE_FETCH where its address cannot be used. */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): URL | undefined {
  const either = (name: string): string => env[name.toLowerCase()] || env[name] || '';
  const text = url.protocol === 'https:' ? either('HTTPS_PROXY') : either('HTTP_PROXY');
  if (text === '' || isExempt(url, either('NO_PROXY'))) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy !== undefined && proxy.hostname !== '' && /^https?:$/.test(proxy.protocol)) return proxy;
  throw new FetchFault(
    'UPDATE_FETCH',
    'later',
    'The address of the proxy in the environment cannot be used.',
    {
      hint: 'Write HTTP_PROXY and HTTPS_PROXY as in http://user:password@host:3128.',
    },
  );
}

/** Names with all below them, addresses, either with a port; `*` is everything. */
function isExempt(url: URL, list: string): boolean {
  const host = bare(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === '' || entry === '*') return entry === '*';
    const [, name = '', only] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const wanted = bare(name).replace(/^\*?\./, '');
    if (wanted === '' || (only !== undefined && only !== port)) return false;
    return host === wanted || host.endsWith(`.${wanted}`);
  });
}

/** Without the brackets of IPv6. */
function bare(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}
