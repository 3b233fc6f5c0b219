/**
 * Names and types of the fields in messages of other systems, read from their documentation and sources, as config/adapters.md
 * names them. `shapeOf` reads the same of a message of ours.
 */

/** A type, several, one for every element, or one for every field. */
export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

const location = { lat: 'number', lon: 'number', alt: 'number' };
const coordinate = { x: 'number', y: 'number', z: 'number' };

/** NVIDIA DeepStream, nvmsgconv, generate_dsmeta_message_minimal(). */
export const DEEPSTREAM_MINIMAL: Shape = {
  ...{ version: 'string', id: 'string', '@timestamp': 'string', sensorId: 'string', objects: ['string'] },
};

/** NVIDIA DeepStream, nvmsgconv, generate_dsmeta_message(), for an object labelled "car". */
export const DEEPSTREAM_FULL: Shape = {
  ...{ messageid: 'string', mdsversion: 'string', '@timestamp': 'string' },
  place: {
    ...{ id: 'string', name: 'string', type: 'string', location },
    'place-sub-field': { id: 'string', name: 'string', level: 'string', coordinate },
  },
  sensor: { id: 'string', type: 'string', description: 'string', location, coordinate },
  analyticsModule: { id: 'string', description: 'string', source: 'string', version: 'string' },
  object: {
    ...{ id: 'string', speed: 'number', direction: 'number', orientation: 'number' },
    car: { confidence: 'number' },
    bbox: { topleftx: 'number', toplefty: 'number', bottomrightx: 'number', bottomrighty: 'number' },
    ...{ location: {}, coordinate: {} },
  },
  event: { id: 'string', type: 'string' },
  videoPath: 'string',
};

/** Intel DL Streamer, gvametaconvert, jsonconverter.cpp, with a tracker before it. */
export const DLSTREAMER: Shape = {
  resolution: { width: 'number', height: 'number' },
  ...{
    source: 'string',
    timestamp: 'number',
    system_timestamp: 'string',
    tags: { device: 'string', camera: 'string' },
  },
  objects: [
    {
      ...{ x: 'number', y: 'number', w: 'number', h: 'number' },
      ...{ region_id: 'number', id: 'number', roi_type: 'string' },
      detection: {
        bounding_box: { x_min: 'number', x_max: 'number', y_min: 'number', y_max: 'number' },
        ...{ confidence: 'number', label_id: 'number', label: 'string' },
      },
    },
  ],
};

const points: Shape = 'array';
/** Frigate, docs/integrations/mqtt and TrackedObject.to_dict(). */
export const FRIGATE_STATE: Shape = {
  ...{ id: 'string', camera: 'string', frame_time: 'number', snapshot_clean: 'boolean' },
  snapshot: {
    ...{ frame_time: 'number', box: ['number'], area: 'number', region: ['number'], score: 'number' },
    ...{ attributes: points, current_estimated_speed: 'number', velocity_angle: 'number', path_data: points },
    ...{ recognized_license_plate: 'null', recognized_license_plate_score: 'null' },
  },
  ...{ label: 'string', sub_label: 'null', top_score: 'number', false_positive: 'boolean' },
  ...{ start_time: 'number', end_time: 'null', score: 'number', computed_score: 'number' },
  ...{ box: ['number'], area: 'number', ratio: 'number', region: ['number'] },
  ...{ active: 'boolean', stationary: 'boolean', motionless_count: 'number', position_changes: 'number' },
  ...{ current_zones: points, entered_zones: points, thumbnail: 'null' },
  ...{ has_clip: 'boolean', has_snapshot: 'boolean', attributes: {}, current_attributes: points },
  ...{ pending_loitering: 'boolean', max_severity: 'string' },
  ...{ current_estimated_speed: 'number', average_estimated_speed: 'number', velocity_angle: 'number' },
  ...{ path_data: points, recognized_license_plate: 'null', recognized_license_plate_score: 'null' },
};

/** As a reader of the JSON text sees it. Arrays of objects and of one type are told by their first element. */
export function shapeOf(value: unknown): Shape {
  return shape(JSON.parse(JSON.stringify(value)));
}

function shape(value: unknown): Shape {
  if (value === null) return 'null';
  if (Array.isArray(value))
    return value.length === 0 || Array.isArray(value[0]) ? 'array' : [shape(value[0])];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shape(each)]));
}
