import assert from 'node:assert/strict';
import { test } from 'node:test';
import { videoCodecName } from '../player/codec-name.ts';
import { hlsFailure } from './hls-failure.ts';

for (const { codecs, want } of [
  { codecs: 'avc1.64001f', want: 'H.264' },
  { codecs: 'opus,avc1.42C01F', want: 'H.264' },
  { codecs: 'mp4a.40.2, hvc1.1.6.L120.90', want: 'H.265' },
  { codecs: 'av01.0.04M.08', want: 'AV1' },
  { codecs: 'mp4a.40.2', want: undefined },
  { codecs: '', want: undefined },
]) {
  test(`videoCodecName: ${codecs}`, () => assert.equal(videoCodecName(codecs), want));
}

for (const { isNetwork, status, detail, want } of [
  { isNetwork: true, status: undefined, detail: 'manifestLoadTimeOut', want: 'unreachable' },
  { isNetwork: true, status: 0, detail: 'manifestLoadError', want: 'unreachable' },
  { isNetwork: true, status: 502, detail: 'manifestLoadError', want: 'unreachable' },
  { isNetwork: true, status: 503, detail: 'manifestLoadError', want: 'offline' },
  { isNetwork: true, status: 403, detail: 'manifestLoadError', want: 'forbidden' },
  { isNetwork: true, status: 404, detail: 'manifestLoadError', want: 'notFound' },
  { isNetwork: true, status: 406, detail: 'manifestLoadError', want: 'unsupported' },
  { isNetwork: true, status: 500, detail: 'levelLoadError', want: 'refused' },
  { isNetwork: false, status: undefined, detail: 'bufferAddCodecError', want: 'unsupported' },
  { isNetwork: false, status: undefined, detail: 'bufferStalledError', want: 'lost' },
]) {
  test(`hlsFailure: ${detail} ${status ?? ''} is ${want}`, () => {
    assert.equal(hlsFailure(isNetwork, status, detail).kind, want);
  });
}
