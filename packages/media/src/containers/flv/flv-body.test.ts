import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import { fuzz } from '../../testing/fuzz.ts';
import { parseFlvAudioBody, parseFlvVideoBody } from './flv-body.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const rest = Uint8Array.of(0xaa, 0xbb);

/** From the tables of FLV 10.1 annex E and the pseudo code of Enhanced RTMP v2. */
const VIDEO: readonly { name: string; hex: string; want: object }[] = [
  { name: 'AVC sequence header', hex: '17 00 000000', want: { kind: 'configuration', codec: 'h264' } },
  {
    name: 'AVC key picture, 40 ms later',
    hex: '17 01 000028',
    want: { kind: 'frame', codec: 'h264', isKey: true, compositionMs: 40 },
  },
  {
    name: 'AVC picture shown before its decoding time',
    hex: '27 01 ffffd8',
    want: { kind: 'frame', codec: 'h264', isKey: false, compositionMs: -40 },
  },
  {
    name: 'H.265 by the number that is in no specification',
    hex: '1c 01 000000',
    want: { kind: 'frame', codec: 'h265', isKey: true, compositionMs: 0 },
  },
  { name: 'hvc1 sequence start', hex: '90 68766331', want: { kind: 'configuration', codec: 'h265' } },
  {
    name: 'hvc1 coded frames',
    hex: 'a1 68766331 000014',
    want: { kind: 'frame', codec: 'h265', isKey: false, compositionMs: 20 },
  },
  {
    name: 'hvc1 coded frames X',
    hex: '93 68766331',
    want: { kind: 'frame', codec: 'h265', isKey: true, compositionMs: 0 },
  },
  {
    name: 'avc1 by its FourCC',
    hex: '91 61766331 000014',
    want: { kind: 'frame', codec: 'h264', isKey: true, compositionMs: 20 },
  },
  { name: 'av01 sequence start', hex: '90 61763031', want: { kind: 'configuration', codec: 'av1' } },
  {
    name: 'av01 coded frames have no composition time',
    hex: '91 61763031',
    want: { kind: 'frame', codec: 'av1', isKey: true, compositionMs: 0 },
  },
  {
    name: 'vp09',
    hex: 'a1 76703039',
    want: { kind: 'frame', codec: 'vp9', isKey: false, compositionMs: 0 },
  },
  {
    name: 'behind a nanosecond offset (ModEx)',
    hex: '97 02 010203 01 61763031',
    want: { kind: 'frame', codec: 'av1', isKey: true, compositionMs: 0 },
  },
];
for (const { name, hex, want } of VIDEO) {
  test(`parseFlvVideoBody: ${name}`, () => {
    const body = Uint8Array.of(...bytesOf(hex), ...rest);
    assert.deepEqual(parseFlvVideoBody(body), { ...want, data: rest });
  });
}

for (const { name, hex } of [
  { name: 'empty', hex: '' },
  { name: 'command frame', hex: '57 00' },
  { name: 'end of sequence', hex: '17 02 000000' },
  { name: 'enhanced command', hex: 'd0 00' },
  { name: 'enhanced metadata', hex: '94 68766331 02' },
  { name: 'enhanced end of sequence', hex: '92 68766331' },
]) {
  test(`parseFlvVideoBody passes over: ${name}`, () => {
    assert.deepEqual(parseFlvVideoBody(bytesOf(hex)), { kind: 'none' });
  });
}

const AUDIO: readonly { name: string; hex: string; want: object }[] = [
  { name: 'AAC sequence header', hex: 'af 00', want: { kind: 'configuration', codec: 'aac' } },
  { name: 'AAC frame', hex: 'af 01', want: { kind: 'frame', codec: 'aac', channels: 2 } },
  { name: 'MP3', hex: '2f', want: { kind: 'frame', codec: 'mpa', channels: 2 } },
  { name: 'MP3 of 8 kHz', hex: 'e2', want: { kind: 'frame', codec: 'mpa', channels: 1 } },
  { name: 'A-law', hex: '72', want: { kind: 'frame', codec: 'pcma', channels: 1 } },
  { name: 'mu-law', hex: '82', want: { kind: 'frame', codec: 'pcmu', channels: 1 } },
  { name: 'Opus sequence start', hex: '90 4f707573', want: { kind: 'configuration', codec: 'opus' } },
  { name: 'Opus frames', hex: '91 4f707573', want: { kind: 'frame', codec: 'opus', channels: 2 } },
  { name: 'AAC by its FourCC', hex: '91 6d703461', want: { kind: 'frame', codec: 'aac', channels: 2 } },
];
for (const { name, hex, want } of AUDIO) {
  test(`parseFlvAudioBody: ${name}`, () => {
    const body = Uint8Array.of(...bytesOf(hex), ...rest);
    assert.deepEqual(parseFlvAudioBody(body), { ...want, data: rest });
  });
}

for (const { name, parse, hex, code, words } of [
  { name: 'Speex', parse: parseFlvAudioBody, hex: 'b2 00', code: 'ERR_FLV_CODEC', words: /Speex/ },
  { name: 'ADPCM', parse: parseFlvAudioBody, hex: '1a 00', code: 'ERR_FLV_CODEC', words: /ADPCM/ },
  { name: 'AC-3', parse: parseFlvAudioBody, hex: '91 61632d33', code: 'ERR_FLV_CODEC', words: /ac-3/ },
  { name: 'Sorenson', parse: parseFlvVideoBody, hex: '12 00', code: 'ERR_FLV_CODEC', words: /Sorenson/ },
  { name: 'VP6', parse: parseFlvVideoBody, hex: '14 00', code: 'ERR_FLV_CODEC', words: /VP6/ },
  { name: 'VVC', parse: parseFlvVideoBody, hex: '90 76766331', code: 'ERR_FLV_CODEC', words: /vvc1/ },
  {
    name: 'tracks',
    parse: parseFlvVideoBody,
    hex: '96 00 61766331',
    code: 'ERR_FLV_MULTITRACK',
    words: /one/,
  },
  { name: 'audio tracks', parse: parseFlvAudioBody, hex: '95 00', code: 'ERR_FLV_MULTITRACK', words: /one/ },
  { name: 'cut AVC', parse: parseFlvVideoBody, hex: '17 01 00', code: 'ERR_FLV_BODY', words: /3 bytes/ },
  { name: 'cut FourCC', parse: parseFlvVideoBody, hex: '91 6176', code: 'ERR_FLV_BODY', words: /3 bytes/ },
  {
    name: 'endless modifiers',
    parse: parseFlvVideoBody,
    hex: '97' + '000007'.repeat(20),
    code: 'ERR_FLV_BODY',
    words: /modifiers/,
  },
]) {
  test(`refused with a name: ${name}`, () => {
    assert.throws(
      () => parse(bytesOf(hex)),
      (error) => error instanceof ProtocolError && error.code === code && words.test(error.message),
    );
  });
}

fuzz(
  'parseFlvVideoBody',
  VIDEO.map(({ hex }) => Uint8Array.of(...bytesOf(hex), ...rest)),
  parseFlvVideoBody,
  20_000,
);
fuzz(
  'parseFlvAudioBody',
  AUDIO.map(({ hex }) => Uint8Array.of(...bytesOf(hex), ...rest)),
  parseFlvAudioBody,
  20_000,
);
