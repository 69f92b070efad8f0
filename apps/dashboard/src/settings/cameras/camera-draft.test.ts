import { cameraChange, newCamera, newCameraTest, type CameraConfiguration } from '@vedette/contract';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraChangeOf, draftOf, NEW_DRAFT, NEW_RENDITION, newCameraOf, newTestOf } from './camera-draft.ts';

const CONFIG: CameraConfiguration = {
  id: 'gate',
  managedBy: 'api',
  source: 'rtsp://10.0.0.5/stream1',
  hasSecrets: true,
  sources: { sub: 'rtsp://10.0.0.5/stream2', subHasSecrets: true },
  name: 'Front gate',
  transport: 'tcp',
  tlsFingerprint: null,
  tlsInsecure: false,
  renditions: [{ height: 360, bitrate: 500_000, frameRate: 12.5, name: 'tiny' }],
  onDemand: true,
  overridePublisher: true,
  groups: [],
  zones: [],
  createdAt: null,
  updatedAt: null,
};

test('a camera of an address alone is what the API takes', () => {
  const draft = { ...NEW_DRAFT, source: ' rtsp://10.0.0.5/stream1 ', name: ' Gate ' };
  const parsed = newCamera.parse(newCameraOf(draft, 'gate'));
  assert.equal(parsed.source, 'rtsp://10.0.0.5/stream1');
  assert.equal(parsed.name, 'Gate');
  assert.equal(parsed.renditions, undefined, 'those for all cameras');
  assert.equal(newCameraTest.parse(newTestOf(draft)).source, 'rtsp://10.0.0.5/stream1');
});

test('a camera that is sent here has neither an address nor a smaller stream', () => {
  const draft = { ...NEW_DRAFT, isPublished: true, source: 'rtsp://left/over', sub: 'rtsp://left/over' };
  const parsed = newCamera.parse(newCameraOf(draft, 'phone'));
  assert.equal(parsed.source, 'publish');
  assert.equal(parsed.sources, undefined);
  assert.equal(parsed.name, undefined);
});

test('what was not touched is sent back as it came', () => {
  const change = cameraChange.parse(cameraChangeOf(draftOf(CONFIG)));
  const { source, name, transport, tlsFingerprint, tlsInsecure, renditions, onDemand, overridePublisher } =
    CONFIG;
  const flags = { tlsInsecure, onDemand, overridePublisher };
  const sources = { sub: CONFIG.sources.sub };
  assert.deepEqual(change, { source, name, transport, tlsFingerprint, sources, renditions, ...flags });
});

test('what is emptied is taken away', () => {
  const draft = { ...draftOf(CONFIG), name: '', sub: ' ', renditionsHow: 'usual' as const };
  const { name, sources, renditions } = cameraChange.parse(cameraChangeOf(draft));
  assert.deepEqual([name, sources, renditions], [null, null, null]);
});

test('versions of its own are in bits a second; what is no number is refused', () => {
  const draft = { ...NEW_DRAFT, source: 'demo:', renditionsHow: 'own' as const };
  const good = newCamera.parse(newCameraOf({ ...draft, renditions: [NEW_RENDITION] }, 'demo-2'));
  assert.deepEqual(good.renditions, [{ height: 480, bitrate: 800_000 }]);
  const bad = newCameraOf({ ...draft, renditions: [{ ...NEW_RENDITION, height: '' }] }, 'demo-2');
  assert.equal(newCamera.safeParse(bad).success, false);
});
