/** Configurations for tests: small, valid, with defaults filled in. */
import { type Config, configSchema } from '../../dist/config/schema.js';

/** One model `people`, one camera `gate` on it, and whatever `overrides` says by section. */
export function testConfig(overrides: Record<string, unknown> = {}): Config {
  return configSchema.parse({
    models: { people: { bundle: '/srv/models/people' } },
    cameras: { gate: { source: 'v4l2:/dev/video0', model: 'people' } },
    ...overrides,
  });
}
