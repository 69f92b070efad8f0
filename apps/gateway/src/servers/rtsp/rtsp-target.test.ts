import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import { contentBase, isSameCamera, mediaIndexOf, parseTarget, trackIdOf } from './rtsp-target.ts';

for (const { path, cameraId, control, token, quality } of [
  { path: '/gate', cameraId: 'gate' },
  { path: '/gate/', cameraId: 'gate' },
  { path: '//gate//', cameraId: 'gate' },
  { path: '/live/gate', cameraId: 'gate' },
  { path: '/live/gate/', cameraId: 'gate' },
  { path: '/live', cameraId: 'live' },
  { path: '/live/trackID=0', cameraId: 'live', control: 'trackID=0' },
  { path: '/gate/trackID=1', cameraId: 'gate', control: 'trackID=1' },
  { path: '/gate/streamid=0', cameraId: 'gate', control: 'streamid=0' },
  { path: '/live/gate/trackID=1', cameraId: 'gate', control: 'trackID=1' },
  { path: '/gate?token=a.b', cameraId: 'gate', token: 'a.b' },
  { path: '/gate?jwt=a.b', cameraId: 'gate', token: 'a.b' },
  { path: '/gate/?token=a.b', cameraId: 'gate', token: 'a.b' },
  { path: '/gate/trackID=1?token=a.b', cameraId: 'gate', control: 'trackID=1', token: 'a.b' },
  { path: '/gate?token=a.b/trackID=1', cameraId: 'gate', control: 'trackID=1', token: 'a.b' },
  { path: '/gate?token=a.b/', cameraId: 'gate', token: 'a.b' },
  { path: '/gate?token=a/b', cameraId: 'gate', token: 'a/b' },
  { path: '/gate?quality=360p/trackID=0', cameraId: 'gate', control: 'trackID=0', quality: '360p' },
]) {
  test(`parseTarget: ${path}`, () => {
    assert.deepEqual(parseTarget(`rtsp://host:8554${path}`), {
      cameraId,
      control,
      token,
      quality,
    });
  });
}

for (const path of ['', '/', '/-gate', '/a b', '/%67ate', '/../etc', `/${'a'.repeat(65)}`]) {
  test(`parseTarget: no camera is named ${JSON.stringify(path.slice(0, 20))}`, () => {
    assert.equal(parseTarget(`rtsp://host${path}`), undefined);
  });
}

test('parseTarget: any text is a target, none, or a ProtocolError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),

        fc.string().map((text) => `rtsp://host/${text}`),
      ),
      (url) => {
        try {
          parseTarget(url);
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      },
    ),
  );
});

test('contentBase ends in a slash, so that relative controls are appended', () => {
  assert.equal(contentBase('rtsp://host/gate'), 'rtsp://host/gate/');
  assert.equal(contentBase('rtsp://host/gate/'), 'rtsp://host/gate/');
});

for (const { uri, url, want } of [
  { uri: 'rtsp://host/gate', url: 'rtsp://host/gate', want: true },
  { uri: 'rtsp://host/gate/', url: 'rtsp://host/live/gate/trackID=1', want: true },
  { uri: '/gate', url: 'rtsp://host:8554/gate?token=x/', want: true },
  { uri: 'rtsp://host/gate', url: 'rtsp://host/gate2', want: false },
  { uri: 'rtsp://host/live', url: 'rtsp://host/live/gate', want: false },
  { uri: '/', url: 'rtsp://host/gate', want: false },
  { uri: '', url: 'rtsp://host/gate', want: false },
  { uri: '*', url: '*', want: false },
]) {
  test(`isSameCamera: "${uri}" signed for ${url}: ${want ? 'yes' : 'no'}`, () => {
    assert.equal(isSameCamera(uri, url), want);
  });
}

for (const { control, want } of [
  { control: 'trackID=0', want: 0 },
  { control: 'trackid=12', want: 12 },
  { control: 'trackID=', want: undefined },
  { control: 'trackID=1x', want: undefined },
  { control: 'trackID=1000', want: undefined },
  { control: 'video', want: undefined },
]) {
  test(`trackIdOf: ${control}`, () => assert.equal(trackIdOf(control), want));
}

for (const { control, controls, want } of [
  { control: 'streamid=1', controls: ['streamid=0', 'streamid=1'], want: 1 },
  { control: 'audio', controls: ['video', 'audio'], want: 1 },
  { control: 'stream=0', controls: ['rtsp://host/gate/stream=0'], want: 0 },
  { control: 'track1', controls: ['/track1/'], want: 0 },
  { control: 'trackID=1', controls: [undefined, undefined], want: 1 },
  { control: 'trackID=2', controls: ['a', 'b'], want: undefined },
  { control: 'elsewhere', controls: ['a', 'rtsp://['], want: undefined },
]) {
  test(`mediaIndexOf: ${control} among ${controls.join(' ')}`, () => {
    assert.equal(mediaIndexOf(control, controls), want);
  });
}
