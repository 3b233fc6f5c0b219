/** What is behind the decoder, as text and as settings: they must say the same. */
import t from 'tap';
import {
  type ChainInput,
  chainElements,
  chainSettings,
  encoderChain,
  harmlessSettings,
  pictureChain,
} from '../../dist/capture/picture-chain.js';

const cpu = { has: (name: string) => !name.startsWith('nv') };
const board = { has: () => true };
const SOURCE = { width: 1920, height: 1080 };
const REGION = { x: 0.5, y: 0, width: 0.5, height: 0.5 };

function chain(change: Partial<ChainInput> = {}): ChainInput {
  return { format: 'RGB', size: { width: 416, height: 320 }, view: {}, ...change };
}

function told(input: ChainInput, elements: { has(name: string): boolean }): string[] {
  return chainSettings(input, elements, SOURCE).map(
    ({ element, property, value }) => `${element}.${property}=${value}`,
  );
}

t.test('the processor cuts first and turns what is left and scaled', (t) => {
  t.equal(
    pictureChain(chain({ view: { region: REGION, rotate: 90 } }), cpu),
    'videocrop name=detectd_crop ! videoscale add-borders=false ! videoconvert ! ' +
      'video/x-raw,format={(string)I420,(string)NV12,(string)YUY2,(string)RGB} ! videoflip video-direction=90r ! ' +
      'videoconvert ! video/x-raw,format=RGB,width=416,height=320',
  );
  t.equal(
    pictureChain(chain(), cpu),
    'videoscale add-borders=false ! videoconvert ! video/x-raw,format=RGB,width=416,height=320',
  );
  t.equal(pictureChain(chain({ size: undefined }), cpu), 'videoconvert ! video/x-raw,format=RGB');
  t.match(pictureChain(chain({ view: { rotate: 270 } }), cpu), 'video-direction=90l');
  t.match(pictureChain(chain({ view: { rotate: 180 } }), cpu), 'video-direction=180');
  t.end();
});

t.test('on a board one element does it all, whose turns count the other way round', (t) => {
  const text = (change: Partial<ChainInput>) => pictureChain(chain({ format: 'RGBA', ...change }), board);
  t.equal(
    text({ view: { region: REGION, rotate: 90 } }),
    'nvvidconv name=detectd_crop flip-method=3 interpolation-method=1 ! video/x-raw,format=RGBA,width=416,height=320',
  );
  t.match(text({ view: { rotate: 270 } }), /^nvvidconv flip-method=1 /);
  t.match(text({ view: { rotate: 180 } }), /^nvvidconv flip-method=2 /);
  t.equal(text({}), 'nvvidconv interpolation-method=1 ! video/x-raw,format=RGBA,width=416,height=320');
  t.equal(
    text({ size: undefined, view: { region: REGION } }),
    'nvvidconv name=detectd_crop interpolation-method=1 ! capsfilter name=detectd_fit caps="video/x-raw,format=RGBA"',
  );
  t.match(
    pictureChain(chain(), board),
    / ! video\/x-raw,format=RGBA,width=416,height=320 ! videoconvert ! video\/x-raw,format=RGB$/,
  );
  t.end();
});

t.test('margins are pixels that go on the processor, corners on a board', (t) => {
  const input = chain({ view: { region: REGION } });
  t.same(told(input, cpu), [
    'detectd_crop.left=960',
    'detectd_crop.right=0',
    'detectd_crop.top=0',
    'detectd_crop.bottom=540',
  ]);
  const corners = [
    'detectd_crop.left=960',
    'detectd_crop.right=1920',
    'detectd_crop.top=0',
    'detectd_crop.bottom=540',
  ];
  t.same(told(input, board), corners);
  t.same(told(chain({ size: undefined, view: { region: REGION, rotate: 0 } }), board), [
    ...corners,
    'detectd_fit.caps=video/x-raw,format=RGBA,width=960,height=540',
  ]);
  t.match(
    told(chain({ size: undefined, view: { region: REGION, rotate: 90 } }), board).at(-1),
    'width=540,height=960',
  );
  t.same(told(chain({ view: { rotate: 90 } }), cpu), []);
  t.end();
});

t.test('with the size of the source known, the text holds the settings', (t) => {
  t.match(
    pictureChain(chain({ view: { region: REGION } }), cpu, SOURCE),
    /^videocrop name=detectd_crop left=960 right=0 top=0 bottom=540 ! /,
  );
  t.match(
    pictureChain(chain({ size: undefined, view: { region: REGION } }), board, SOURCE),
    /^nvvidconv name=detectd_crop left=960 right=1920 top=0 bottom=540 .*caps="video\/x-raw,format=RGBA,width=960,height=540"/,
  );
  t.equal(pictureChain(chain(), cpu, SOURCE), pictureChain(chain(), cpu));
  t.end();
});

t.test('what is harmless leaves something of any picture', (t) => {
  const values = (elements: typeof cpu, input: ChainInput) =>
    harmlessSettings(input, elements).map(({ value }) => value);
  t.same(values(cpu, chain({ view: { region: REGION } })), [0, 0, 0, 0]);
  t.same(values(board, chain({ view: { region: REGION } })), [0, 16, 0, 16]);
  t.same(values(board, chain({ size: undefined, view: { region: REGION } })), [
    0,
    16,
    0,
    16,
    'video/x-raw,format=RGBA',
  ]);
  t.same(values(cpu, chain({ view: { rotate: 90 } })), []);
  t.end();
});

t.test('only what is used is asked for', (t) => {
  t.same(chainElements(chain(), cpu), []);
  t.same(chainElements(chain({ view: { region: REGION, rotate: 90 } }), cpu), ['videocrop', 'videoflip']);
  t.same(chainElements(chain({ view: { region: REGION, rotate: 90 } }), board), []);
  t.end();
});

t.test('snapshots are turned before they are encoded', (t) => {
  t.equal(encoderChain(undefined, cpu), 'videoconvert');
  t.match(encoderChain(90, cpu), / ! videoflip video-direction=90r ! videoconvert$/);
  t.equal(encoderChain(undefined, board), 'nvvidconv ! video/x-raw,format=I420');
  t.equal(encoderChain(90, board), 'nvvidconv flip-method=3 ! video/x-raw,format=I420');
  t.end();
});
