/**
 * The MQTT library takes a refusal with a reason that MQTT 5 does not list for acknowledgements as a broken stream and ends
 * the connection. mosquitto refuses so what is larger than its message_size_limit: 149, packet too large. What was refused
 * would be sent again on the next connection, and end that as well.
 */
import { createRequire } from 'node:module';

/** Reason codes from here on are refusals, MQTT 5 section 2.4. */
const FIRST_REFUSAL = 0x80;
const LAST = 0xff;

/** Must come before the first acknowledgement. */
export function takeAllRefusals(): void {
  // It is a dependency of mqtt, which lends it to nobody.
  const require = createRequire(import.meta.url);
  const library = createRequire(require.resolve('mqtt'));
  const { MQTT5_PUBACK_PUBREC_CODES: codes } = library('mqtt-packet/constants') as {
    MQTT5_PUBACK_PUBREC_CODES: Record<number, string>;
  };
  for (let code = FIRST_REFUSAL; code <= LAST; code += 1) codes[code] ??= 'Refused';
}
