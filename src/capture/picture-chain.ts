/**
 * The part of a pipeline behind the decoder, in launch syntax: cut, scale, turn, convert; and what to set on it once the
 * size of the source is known. On a board one element of the hardware does all of it.
 */
import type { PixelFormat } from '../core/frame.js';
import type { Rotation, View } from '../core/view.js';
import { analysedRegion, type Margins, marginsOf, type Size } from './camera-view.js';
import type { ElementSet } from './elements.js';

/** What the pictures at the end of a chain are like. */
export interface ChainInput {
  format: PixelFormat;
  /** Undefined: as large as what is left of the source's. */
  size: Size | undefined;
  view: View;
}

/** A property that follows from the size of the source. */
export interface Setting {
  element: string;
  property: string;
  value: number | string;
}

/** Name of the element that cuts. */
export const CROP_NAME = 'detectd_crop';
/** Name of the filter that says how large pictures are where nothing else does. */
export const FIT_NAME = 'detectd_fit';

/** Formats that can be turned; what is scaled before has fewer bytes than RGB would. */
const TURNED_FORMATS = '{(string)I420,(string)NV12,(string)YUY2,(string)RGB}';
const DIRECTIONS: Record<Rotation, string> = { 0: 'identity', 90: '90r', 180: '180', 270: '90l' };
/** Of nvvidconv, which counts the other way round. */
const FLIP_METHODS: Record<Rotation, number> = { 0: 0, 90: 3, 180: 2, 270: 1 };
/** Side in pixels: a board's element cannot be told to cut nothing again. */
const SMALLEST_CUT = 16;

/** Elements that the chain needs beside those of every pipeline. */
export function chainElements({ view }: ChainInput, elements: ElementSet): string[] {
  if (elements.has('nvvidconv')) return [];
  return [
    ...(view.region === undefined ? [] : ['videocrop']),
    ...((view.rotate ?? 0) === 0 ? [] : ['videoflip']),
  ];
}

/** `source` is its size, where that is known already. */
export function pictureChain(input: ChainInput, elements: ElementSet, source?: Size): string {
  const settings = source === undefined ? [] : chainSettings(input, elements, source);
  return elements.has('nvvidconv') ? hardwareChain(input, settings) : softwareChain(input, settings);
}

/** A whole picture, turned, in system memory and in a format that encoders take. */
export function encoderChain(rotate: Rotation = 0, elements: ElementSet): string {
  if (elements.has('nvvidconv')) return `nvvidconv${flipText(rotate)} ! video/x-raw,format=I420`;
  return [...turnChain(rotate), 'videoconvert'].join(' ! ');
}

/** What the chain is told of a source of that size. On a board only while it does not play. */
export function chainSettings(input: ChainInput, elements: ElementSet, source: Size): Setting[] {
  if (input.view.region === undefined) return [];
  const margins = marginsOf(source, input.view);
  if (!elements.has('nvvidconv')) return cropSettings(margins);
  const cut = cropSettings(cornersOf(margins, source));
  // Left to itself it would scale what is left to the size of the source.
  return input.size === undefined ? [...cut, fitSetting(analysedRegion(source, input.view))] : cut;
}

/** What fits a source of any size, should what was set for the last one not fit the next. */
export function harmlessSettings(input: ChainInput, elements: ElementSet): Setting[] {
  if (input.view.region === undefined) return [];
  if (!elements.has('nvvidconv')) return cropSettings({ left: 0, right: 0, top: 0, bottom: 0 });
  const cut = cropSettings({ left: 0, right: SMALLEST_CUT, top: 0, bottom: SMALLEST_CUT });
  return input.size === undefined ? [...cut, fitSetting(undefined)] : cut;
}

function fitSetting(size: Size | undefined): Setting {
  return { element: FIT_NAME, property: 'caps', value: rawCaps('RGBA', size) };
}

function turnChain(rotate: Rotation = 0): string[] {
  if (rotate === 0) return [];
  const turn = `videoflip video-direction=${DIRECTIONS[rotate]}`;
  return ['videoconvert', `video/x-raw,format=${TURNED_FORMATS}`, turn];
}

function flipText(rotate: Rotation): string {
  return rotate === 0 ? '' : ` flip-method=${FLIP_METHODS[rotate]}`;
}

function softwareChain(input: ChainInput, settings: Setting[]): string {
  const { format, size, view } = input;
  const crop = view.region === undefined ? [] : [`videocrop name=${CROP_NAME}${propertiesOf(settings)}`];
  // Scaling comes first: fewer pixels are then turned and converted, and planes of YUV are cheaper to scale than RGB. Its
  // default, two-tap bilinear, is the cheapest method and differs from OpenCV's cubic no more than the others
  // (RMS 4.2 grey levels from 768×576 to 416×416; 4-tap 4.1, catrom and lanczos 4.6, bilinear2 5.5).
  const scale = size === undefined ? [] : ['videoscale add-borders=false'];
  return [...crop, ...scale, ...turnChain(view.rotate), 'videoconvert', rawCaps(format, size)].join(' ! ');
}

function hardwareChain(input: ChainInput, settings: Setting[]): string {
  const { format, size, view } = input;
  const { region, rotate = 0 } = view;
  const crop = region === undefined ? '' : ` name=${CROP_NAME}${propertiesOf(settings)}`;
  const fit = settings.find(({ element }) => element === FIT_NAME)?.value ?? rawCaps('RGBA', size);
  const filter =
    region === undefined || size !== undefined ? fit : `capsfilter name=${FIT_NAME} caps="${fit}"`;
  // It delivers RGBA but no RGB to system memory, and its default interpolation is the nearest pixel.
  const hardware = `nvvidconv${crop}${flipText(rotate)} interpolation-method=1 ! ${filter}`;
  return format === 'RGBA' ? hardware : `${hardware} ! videoconvert ! video/x-raw,format=RGB`;
}

/** nvvidconv's four are places in the picture, its help notwithstanding; the near ones must be set before the far ones. */
function cornersOf({ left, right, top, bottom }: Margins, { width, height }: Size): Margins {
  return { left, right: width - right, top, bottom: height - bottom };
}

function propertiesOf(settings: Setting[]): string {
  const cuts = settings.filter(({ element }) => element === CROP_NAME);
  return cuts.map(({ property, value }) => ` ${property}=${value}`).join('');
}

function cropSettings({ left, right, top, bottom }: Margins): Setting[] {
  return Object.entries({ left, right, top, bottom }).map(([property, value]) => ({
    element: CROP_NAME,
    property,
    value,
  }));
}

function rawCaps(format: PixelFormat, size?: Size): string {
  return `video/x-raw,format=${format}${size === undefined ? '' : `,width=${size.width},height=${size.height}`}`;
}
