/** The mqtt section of a configuration, with its defaults. */
import { configSchema, type MqttConfig } from '../../dist/config/schema.js';

export function mqttConfig(settings: object = {}): MqttConfig {
  const models = { people: { bundle: 'bundle' } };
  const cameras = { gate: { source: 'test:ball', model: 'people' } };
  return configSchema.parse({ mqtt: settings, models, cameras }).mqtt;
}
