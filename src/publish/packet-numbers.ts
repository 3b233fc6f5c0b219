/**
 * The MQTT library makes a buffer of each number from 0 to 65535 when it sends its first packet, 7 MB for two bytes that
 * are as quickly written. This has it write them instead.
 */
import { createRequire } from 'node:module';

interface PacketLibrary {
  writeToStream: { cacheNumbers: boolean };
}

/** Must come before the first packet. The library of the client is the embedded broker's, too. */
export function keepNoNumbers(): void {
  // It is a dependency of mqtt, which lends it to nobody.
  const require = createRequire(import.meta.url);
  const library = createRequire(require.resolve('mqtt'))('mqtt-packet') as PacketLibrary;
  library.writeToStream.cacheNumbers = false;
}
