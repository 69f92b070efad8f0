import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockingReload, parseDeliveryDirectives, type PlaylistEdge } from './blocking-reload.ts';

/** Segments up to 10 are complete, 10 has 5 parts, 11 has 2 so far. */
const EDGE: PlaylistEdge = {
  lastMsn: 10,
  lastPartCount: 5,
  openPartCount: 2,
  partTarget: 0.2,
  isEnded: false,
};
const NOT_OPEN: PlaylistEdge = { ...EDGE, openPartCount: 0 };
const WITHOUT_PARTS: PlaylistEdge = { ...NOT_OPEN, lastPartCount: Infinity };

for (const { name, edge = EDGE, msn, part, want } of [
  { name: 'nothing asked', want: 'answer' },
  { name: 'a segment that is complete', msn: 10, want: 'answer' },
  { name: 'a segment long gone', msn: 0, part: 99, want: 'answer' },
  { name: 'the open segment as a whole', msn: 11, want: 'wait' },
  { name: 'two segments ahead', msn: 12, want: 'wait' },
  { name: 'three segments ahead', msn: 13, want: 'refuse' },
  { name: 'a part that is there', msn: 11, part: 1, want: 'answer' },
  { name: 'the next part', msn: 11, part: 2, want: 'wait' },
  { name: 'a part three seconds ahead', msn: 11, part: 16, want: 'wait' },
  { name: 'a part further ahead', msn: 11, part: 17, want: 'refuse' },
  { name: 'the first part after the open segment', msn: 12, part: 0, want: 'wait' },
  { name: 'a part far into the segment after', msn: 12, part: 15, want: 'refuse' },
  { name: 'a part that the segment ended without', msn: 10, part: 5, want: 'answer' },
  { name: 'the same, and nothing follows yet', edge: NOT_OPEN, msn: 10, part: 5, want: 'wait' },
  { name: 'the last part, and nothing follows yet', edge: NOT_OPEN, msn: 10, part: 4, want: 'answer' },
  {
    name: 'parts of a second or more: three ahead',
    edge: { ...EDGE, partTarget: 1 },
    msn: 11,
    part: 4,
    want: 'wait',
  },
  {
    name: 'parts of a second or more: four ahead',
    edge: { ...EDGE, partTarget: 1 },
    msn: 11,
    part: 5,
    want: 'refuse',
  },
  { name: 'anything after the end', edge: { ...EDGE, isEnded: true }, msn: 99, part: 99, want: 'answer' },
  { name: 'a part where there are none', edge: WITHOUT_PARTS, msn: 10, part: 7, want: 'answer' },
  {
    name: 'a part of a segment to come where there are none',
    edge: WITHOUT_PARTS,
    msn: 11,
    part: 0,
    want: 'wait',
  },
]) {
  test(`blockingReload: ${name}: ${want}`, () => {
    assert.equal(blockingReload(edge, { msn, part, skip: false }), want);
  });
}

test('blockingReload: who waits is answered or still waits when the playlist grows, never refused', () => {
  const small = fc.integer({ min: 0, max: 20 });
  fc.assert(
    fc.property(small, small, small, small, fc.boolean(), (lastPartCount, openPartCount, msn, part, ends) => {
      const edge: PlaylistEdge = { ...EDGE, lastPartCount: lastPartCount + 1, openPartCount };
      const request = { msn, part, skip: false };
      if (blockingReload(edge, request) !== 'wait') return;
      const grown = ends
        ? { ...edge, lastMsn: edge.lastMsn + 1, lastPartCount: openPartCount + 1, openPartCount: 0 }
        : { ...edge, openPartCount: openPartCount + 1 };
      assert.notEqual(blockingReload(grown, request), 'refuse');
    }),
  );
});

for (const { query, want } of [
  { query: {}, want: { skip: false } },
  { query: { _HLS_msn: '7' }, want: { msn: 7, skip: false } },
  { query: { _HLS_msn: '7', _HLS_part: '0', _HLS_skip: 'YES' }, want: { msn: 7, part: 0, skip: true } },
  { query: { _HLS_skip: 'v2', token: 'x' }, want: { skip: true } },
  { query: { _HLS_skip: 'NO' }, want: { skip: false } },
]) {
  test(`parseDeliveryDirectives: ${JSON.stringify(query)}`, () => {
    assert.deepEqual(parseDeliveryDirectives(query), want);
  });
}

for (const query of [
  { _HLS_part: '1' },
  { _HLS_msn: '' },
  { _HLS_msn: '-1' },
  { _HLS_msn: '1.5' },
  { _HLS_msn: '9007199254740992' },
  { _HLS_msn: ['1', '2'] },
  { _HLS_msn: '1', _HLS_part: 'x' },
]) {
  test(`parseDeliveryDirectives: ${JSON.stringify(query)} is refused`, () => {
    assert.throws(() => parseDeliveryDirectives(query), { code: 'ERR_HLS_DIRECTIVE' });
  });
}

test('parseDeliveryDirectives: any query is read or refused', () => {
  const query = fc.dictionary(
    fc.constantFrom('_HLS_msn', '_HLS_part', '_HLS_skip'),
    fc.oneof(fc.string(), fc.anything()),
  );
  fc.assert(
    fc.property(query, (random) => {
      try {
        parseDeliveryDirectives(random);
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
  );
});
