import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJpegTrack, createOpusTrack, type AccessUnit, type Track } from '@vedette/media';
import { MultipartParser, parseMediaType } from '@vedette/protocols';
import { MJPEG_CONTENT_TYPE, MjpegFormat } from './mjpeg-format.ts';
import { MjpegSinks } from './mjpeg-sinks.ts';

const TRACK = createJpegTrack(0, 90_000, { width: 16, height: 16, process: 'baseline' });
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);

function unit(seconds: number, track: Track = TRACK): AccessUnit {
  const pts = Math.round(seconds * track.clockRate);
  const data = [JPEG.subarray(0, 2), JPEG.subarray(2)];
  return {
    track,
    pts,
    dts: pts,
    isRandomAccess: true,
    data,
    byteLength: 4,
    wallClockMs: 1_000_000 + seconds * 1000,
  };
}

test('MjpegFormat: a picture is whole for a reader as soon as it is sent', () => {
  const format = new MjpegFormat();
  const parts: string[] = [];
  const parser = new MultipartParser(parseMediaType(MJPEG_CONTENT_TYPE).boundary, ({ headers, body }) => {
    parts.push(
      `${headers.get('content-length') ?? ''} ${headers.get('x-timestamp') ?? ''} ${Buffer.from(body).toString('hex')}`,
    );
  });
  parser.push(format.header());
  parser.push(format.unit(unit(0.5)) ?? Buffer.alloc(0));
  assert.deepEqual(parts, ['4 1000.500 ffd8ffd9']);
  assert.ok(
    format.unit(unit(1))?.toString('latin1').endsWith('--vedette\r\n'),
    'browsers wait for the delimiter',
  );
});

test('MjpegFormat: sound is left out', () => {
  assert.equal(new MjpegFormat().unit(unit(0, createOpusTrack(1, 1))), undefined);
});

for (const { rate, limit, want } of [
  { rate: 30, limit: 15, want: 15 },
  { rate: 25, limit: 10, want: 10 },
  { rate: 25, limit: 25, want: 25 },
  { rate: 10, limit: 25, want: 10 },
]) {
  test(`MjpegFormat: ${rate} pictures a second become ${want} at most ${limit}`, () => {
    const format = new MjpegFormat(limit);
    const count = 20 * rate;
    // The first second may be made up for something.
    const sent = Array.from({ length: count }, (_, index) => format.unit(unit(index / rate)))
      .slice(count / 2)
      .filter(Boolean).length;
    assert.ok(Math.abs(sent - 10 * want) <= 2, String(sent));
  });
}

test('MjpegFormat: a time that begins anew is no reason to stop', () => {
  const format = new MjpegFormat(10);
  format.unit(unit(100));
  assert.notEqual(format.unit(unit(0)), undefined);
});

test('MjpegSinks: those who want the same rate share', () => {
  const sinks = new MjpegSinks();
  assert.equal(sinks.at(5), sinks.at(5));
  assert.notEqual(sinks.at(5), sinks.at(6));
});
