/** Holds messages against the schemas of their topics, in the strict form: a field that no schema names is a fault. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { decodePayload } from '../../dist/publish/payload-codec.js';
import {
  type CataloguedPayload,
  PAYLOAD_KINDS,
  PAYLOADS,
  type PayloadKind,
  payloadSchema,
} from '../../dist/publish/schemas/schema-catalogue.js';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
formats.default(ajv);
const validators = new Map<PayloadKind, ValidateFunction>();

/** What is wrong with a payload of that kind; empty when nothing is. Each schema is compiled once. */
export function schemaFaults(kind: PayloadKind, payload: unknown, how = { strict: true }): string[] {
  const fresh = () => ajv.compile(payloadSchema(kind, how));
  const kept = how.strict ? validators.get(kind) : undefined;
  const validate = kept ?? fresh();
  if (how.strict) validators.set(kind, validate);
  if (validate(payload)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${kind}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** Topics that only a device publishes on: `<base>/<device>/` and then the catalogue's. */
const PATTERNS = PAYLOAD_KINDS.filter((kind) => !('toUs' in PAYLOADS[kind])).map(
  (kind): [RegExp, PayloadKind] => {
    const { topic }: CataloguedPayload = PAYLOADS[kind];
    const above = topic.includes('<') ? '.+' : '(?!.*/(?:cameras|models|cmd)/).+';
    return [new RegExp(`^${above}/[^/]+/${topic.replace(/<\w+>/g, '[^/]+')}$`), kind];
  },
);

/** Of a device, but none of its messages: pictures, and what others send it. */
const OTHERS = /\/(?:cameras\/[^/]+\/snapshot|cmd\/.+|config\/desired|check\/[^/]+)$/;

/** What is wrong with a message, JSON or CBOR, on a topic of a device; undefined for others and for removals. */
export function messageFault(topic: string, payload: Buffer): string | undefined {
  if (payload.length === 0) return undefined;
  const kind = PATTERNS.find(([pattern]) => pattern.test(topic))?.[1];
  if (kind === undefined) {
    // Where the tests' devices speak nothing may go by unseen.
    const ours = /^detectd\/(?!fleet\/)[^/]+\/(?:cameras|models|config|events|health|info|status)/.test(
      topic,
    );
    return ours && !OTHERS.test(topic) ? `${topic}: is no topic of the catalogue` : undefined;
  }
  try {
    const faults = schemaFaults(kind, decodePayload(payload));
    return faults.length === 0 ? undefined : `${topic}: ${faults.slice(0, 3).join('; ')}`;
  } catch {
    return `${topic}: is neither JSON nor CBOR: ${payload.toString('latin1', 0, 80)}`;
  }
}
