import {
  applyDelta,
  parsePlaylist,
  type MediaPlaylist,
  type MediaSegment,
  type PartialSegment,
} from '@vedette/protocols';
import assert from 'node:assert/strict';

/** Durations are written to 10 µs. */
const ROUNDING = 2e-5;

/**
 * Checks successive versions of one playlist against draft-pantos-hls-rfc8216bis-16: each on its own, and
 * each against the one before.
 */
export class PlaylistRules {
  #last: MediaPlaylist | undefined;
  readonly #mayGrow: boolean;
  checked = 0;

  /** @param mayGrow the target duration may still grow: the stream's first groups of pictures are longer than guessed. */
  constructor({ mayGrow = false } = {}) {
    this.#mayGrow = mayGrow;
  }

  get last(): MediaPlaylist | undefined {
    return this.#last;
  }

  /** @throws {AssertionError} a rule is broken. */
  check(text: string, deltaText?: string): MediaPlaylist {
    const playlist = parseMedia(text);
    checkDurations(playlist);
    checkControl(playlist);
    checkTags(playlist);
    if (this.#last !== undefined) this.#compare(this.#last, playlist);
    if (deltaText !== undefined) this.#checkDelta(playlist, parseMedia(deltaText));
    this.#last = playlist;
    this.checked += 1;
    return playlist;
  }

  #compare(before: MediaPlaylist, now: MediaPlaylist): void {
    const removed = now.mediaSequence - before.mediaSequence;
    assert.ok(removed >= 0, '§6.2.2: the media sequence number decreases');
    assert.ok(removed <= before.segments.length, 'segments were never listed as complete');
    if (this.#mayGrow) assert.ok(now.targetDuration >= before.targetDuration, 'the target duration shrinks');
    else assert.equal(now.targetDuration, before.targetDuration, '§6.2.1: the target duration changes');
    before.segments.slice(removed).forEach((segment, i) => {
      const { parts, ...same } = now.segments[i] ?? { parts: [] };
      const { parts: partsBefore, ...sameBefore } = segment;
      assert.deepEqual(same, sameBefore, '§6.2.1: a segment changed');
      assert.ok(parts.length === 0 || parts.length === partsBefore.length, 'parts went one by one');
    });
    const opened = before.openSegment;
    const continued = now.segments[before.segments.length - removed] ?? now.openSegment;
    if (opened !== undefined && continued !== undefined && continued.parts.length > 0) {
      assert.deepEqual(continued.parts.slice(0, opened.parts.length), opened.parts, 'a part changed');
    }
    assert.deepEqual(
      discontinuityNumbers(now).slice(0, before.segments.length - removed),
      discontinuityNumbers(before).slice(removed),
      '§6.2.2: discontinuity sequence numbers change',
    );
    this.#checkHint(before, now);
  }

  #checkHint(before: MediaPlaylist, now: MediaPlaylist): void {
    const hinted = before.preloadHints[0]?.uri;
    const known = new Set(partsOf(before).map(({ uri }) => uri));
    const next = partsOf(now).find(({ uri }) => !known.has(uri));
    if (hinted !== undefined && next !== undefined) assert.equal(next.uri, hinted, 'the hint was wrong');
  }

  #checkDelta(full: MediaPlaylist, delta: MediaPlaylist): void {
    if (delta.skippedSegments === 0) return;
    assert.ok(delta.version >= 9, 'EXT-X-SKIP needs version 9');
    if (this.#last === undefined) return;
    assert.deepEqual(
      applyDelta(this.#last, delta),
      full,
      '§6.2.5.1: the delta update stands for something else',
    );
  }
}

function parseMedia(text: string): MediaPlaylist {
  const playlist = parsePlaylist(new TextEncoder().encode(text));
  assert.ok(playlist.kind === 'media');
  return playlist;
}

function checkDurations({ segments, openSegment, targetDuration, partTarget, isEnded }: MediaPlaylist): void {
  let total = 0;
  for (const segment of segments) {
    total += segment.duration;
    assert.ok(
      Math.round(segment.duration) <= targetDuration,
      `§4.4.3.1: ${segment.duration} s is over the target`,
    );
    if (segment.parts.length === 0) continue;
    const sum = segment.parts.reduce((seconds, { duration }) => seconds + duration, 0);
    assert.ok(
      Math.abs(sum - segment.duration) < ROUNDING * (segment.parts.length + 1),
      'parts do not make up the segment',
    );
    checkParts(segment.parts, partTarget, true);
  }
  if (openSegment !== undefined) checkParts(openSegment.parts, partTarget, isEnded);
  if (partTarget !== undefined)
    assert.ok(total >= 3 * targetDuration, '§6.2.2: shorter than three target durations');
}

function checkParts(parts: readonly PartialSegment[], target: number | undefined, isComplete: boolean): void {
  assert.ok(target !== undefined, '§4.4.3.7: parts without EXT-X-PART-INF');
  parts.forEach(({ duration, isGap }, i) => {
    assert.ok(duration <= target + ROUNDING, `§4.4.4.9: part of ${duration} s, target ${target} s`);
    const isLast = isComplete && i === parts.length - 1;
    if (!isLast && !isGap) {
      assert.ok(duration >= 0.85 * target - ROUNDING, `§4.4.4.9: part of ${duration} s, target ${target} s`);
    }
  });
}

function checkControl({
  serverControl,
  targetDuration,
  partTarget,
  preloadHints,
  isEnded,
}: MediaPlaylist): void {
  assert.ok(serverControl?.canBlockReload);
  assert.ok((serverControl.holdBack ?? Infinity) >= 3 * targetDuration, '§4.4.3.8: HOLD-BACK');
  assert.ok((serverControl.canSkipUntil ?? Infinity) >= 6 * targetDuration, '§4.4.3.8: CAN-SKIP-UNTIL');
  if (partTarget === undefined) return;
  assert.ok((serverControl.partHoldBack ?? 0) >= 3 * partTarget - ROUNDING, '§4.4.3.8: PART-HOLD-BACK');
  assert.equal(preloadHints.length, isEnded ? 0 : 1, '§4.4.5.3: EXT-X-PRELOAD-HINT');
}

function checkTags(playlist: MediaPlaylist): void {
  let before: MediaSegment | undefined;
  for (const segment of playlist.segments) {
    assert.ok(segment.map !== undefined, '§4.4.4.5: fMP4 without EXT-X-MAP');
    assert.ok(segment.programDateTimeMs !== undefined, 'a segment without EXT-X-PROGRAM-DATE-TIME');
    if (playlist.hasIndependentSegments && segment.parts[0]?.isGap === false) {
      assert.ok(segment.parts[0].isIndependent, '§4.4.2.1: a segment is not independent');
    }
    if (before?.programDateTimeMs !== undefined && !segment.isDiscontinuity) {
      const expected = before.programDateTimeMs + before.duration * 1000;
      assert.ok(Math.abs(segment.programDateTimeMs - expected) < 100, 'dates and durations drift apart');
    }
    before = segment;
  }
}

function discontinuityNumbers({ segments, discontinuitySequence }: MediaPlaylist): number[] {
  let number = discontinuitySequence;
  return segments.map(({ isDiscontinuity }) => (number += isDiscontinuity ? 1 : 0));
}

function partsOf({ segments, openSegment }: MediaPlaylist): readonly PartialSegment[] {
  return [...segments, ...(openSegment === undefined ? [] : [openSegment])]
    .flatMap(({ parts }) => parts)
    .filter(({ isGap }) => !isGap);
}
