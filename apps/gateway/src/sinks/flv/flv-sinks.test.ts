import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvDemuxer, type AccessUnit, type Track } from '@vedette/media';
import { Stream } from '../../stream/stream.ts';
import type { ByteOutlet } from '../byte-outlet.ts';
import { makeFootage, type Footage } from '../hls/testing/footage.ts';
import { createFlvSinks } from './flv-sinks.ts';

/** Keeps what a viewer is sent. */
class Kept implements ByteOutlet {
  readonly queuedBytes = 0;
  readonly parts: Buffer[] = [];

  send(bytes: Buffer): void {
    this.parts.push(bytes);
  }

  cork(): void {
    // nothing is written anywhere
  }

  uncork(): void {
    // nothing is written anywhere
  }

  close(): void {
    // nothing to let go
  }

  /** What a player makes of it. */
  played(): { readonly tracks: (readonly Track[])[]; readonly units: AccessUnit[] } {
    const tracks: (readonly Track[])[] = [];
    const units: AccessUnit[] = [];
    const demuxer = new FlvDemuxer({
      onTracks: (list) => tracks.push(list),
      onUnit: (unit) => units.push(unit),
    });
    demuxer.push(Buffer.concat(this.parts));
    demuxer.flush();
    return { tracks, units };
  }
}

const small = makeFootage({ seconds: 1, gop: 25, width: 160, height: 90, audio: 'aac' });
const large = makeFootage({ seconds: 1, gop: 25, width: 320, height: 180, audio: 'aac' });

function write(stream: Stream, { tracks, units }: Footage): void {
  const feed = stream.open(tracks);
  for (const unit of units) feed.write({ ...unit });
}

const pictures = (units: readonly AccessUnit[]): AccessUnit[] =>
  units.filter(({ track }) => track.kind === 'video');

test('a viewer that comes late begins with a file header, metadata and the group of pictures', () => {
  const stream = new Stream({ id: 'gate' });
  write(stream, small);
  const outlet = new Kept();
  const viewer = createFlvSinks().open(stream, outlet, () => assert.fail('ended'));
  const { tracks, units } = outlet.played();
  assert.equal(outlet.parts[0]?.toString('latin1', 0, 3), 'FLV');
  assert.deepEqual(
    tracks[0]?.map(({ codec }) => codec),
    ['h264', 'aac'],
  );
  assert.equal(pictures(units).length, 25);
  assert.deepEqual(
    pictures(units).map(({ data }) => Buffer.concat(data)),
    pictures(small.units).map(({ data }) => Buffer.concat(data)),
  );
  viewer.close();
});

test('a camera that comes back with another resolution: the file goes on, its header stays the only one', () => {
  const stream = new Stream({ id: 'gate' });
  write(stream, small);
  const [early, late] = [new Kept(), new Kept()];
  const sinks = createFlvSinks();
  const first = sinks.open(stream, early, () => assert.fail('ended'));
  write(stream, large);
  const second = sinks.open(stream, late, () => assert.fail('ended'));
  for (const [outlet, widths] of [
    [early, [160, 320]],
    [late, [320]],
  ] as const) {
    const { units } = outlet.played();
    const seen = pictures(units).map(({ track }) => (track.kind === 'video' ? track.video.width : 0));
    assert.deepEqual([...new Set(seen)], widths);
    assert.equal(seen.length, 25 * widths.length);
    const headers = outlet.parts.filter((part) => part.toString('latin1', 0, 3) === 'FLV');
    assert.equal(headers.length, 1);
  }
  first.close();
  second.close();
  assert.equal(sinks.size, 0);
});

test('times begin near zero for whoever watches first, whatever the age of the stream', () => {
  const stream = new Stream({ id: 'gate' });
  const feed = stream.open(small.tracks);
  const day = 90_000 * 86_400;
  const [first = assert.fail()] = pictures(small.units);
  feed.write({ ...first, pts: first.pts + day, dts: first.dts + day });
  const outlet = new Kept();
  createFlvSinks()
    .open(stream, outlet, () => assert.fail('ended'))
    .close();
  const tag = outlet.parts.at(-1) ?? assert.fail();
  assert.equal(tag.readUIntBE(4, 3), 1000);
});
