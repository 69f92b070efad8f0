import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import { fuzz } from '../../testing/fuzz.ts';
import {
  Amf0EcmaArray,
  AMF0_LIMITS,
  isAmf0Object,
  parseAmf0,
  serializeAmf0,
  type Amf0Value,
} from './amf0.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
/** Parsed objects have no prototype, which deepEqual minds. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => part ?? null));

for (const { name, hex, want } of [
  { name: 'number', hex: '00 3ff8000000000000', want: [1.5] },
  { name: 'boolean', hex: '01 01 01 00', want: [true, false] },
  { name: 'string', hex: '02 0004 6c697665', want: ['live'] },
  { name: 'null, undefined', hex: '05 06', want: [null, null] },
  { name: 'object', hex: '03 0003 617070 02 0004 6c697665 0000 09', want: [{ app: 'live' }] },
  { name: 'ECMA array with a wrong count', hex: '08 00000000 0001 61 05 0000 09', want: [{ a: null }] },
  { name: 'strict array', hex: '0a 00000002 05 01 01', want: [[null, true]] },
  { name: 'date', hex: '0b 4000000000000000 0000', want: [2] },
  { name: 'long string', hex: '0c 00000001 61', want: ['a'] },
  { name: 'typed object', hex: '10 0001 43 0001 61 05 0000 09', want: [{ a: null }] },
  { name: 'object without its end', hex: '03 0001 61 05', want: [{ a: null }] },
]) {
  test(`parseAmf0: ${name}`, () => assert.deepEqual(plain(parseAmf0(bytesOf(hex))), want));
}

for (const { name, hex, code } of [
  { name: 'AMF3 inside', hex: '11 04 01', code: 'ERR_AMF0' },
  { name: 'reference', hex: '07 0000', code: 'ERR_AMF0' },
  { name: 'cut string', hex: '02 0004 6c69', code: 'ERR_AMF0' },
  { name: 'cut number', hex: '00 3ff8', code: 'ERR_AMF0' },
  { name: 'array of billions', hex: '0a ffffffff', code: 'ERR_AMF0_LIMIT' },
  { name: 'nested too deep', hex: '03 0001 61'.repeat(AMF0_LIMITS.depth + 2), code: 'ERR_AMF0_LIMIT' },
  { name: 'too many values', hex: '05'.repeat(AMF0_LIMITS.values + 1), code: 'ERR_AMF0_LIMIT' },
]) {
  test(`parseAmf0 refuses: ${name}`, () => {
    assert.throws(
      () => parseAmf0(bytesOf(hex)),
      (error) => error instanceof ProtocolError && error.code === code,
    );
  });
}

test('what is serialized is parsed again', () => {
  const values: Amf0Value[] = [
    'connect',
    1,
    { app: 'live', tcUrl: 'rtmp://x/ü', nested: { list: ['hvc1', 2, null] }, flag: false },
    new Amf0EcmaArray({ width: 640 }),
    'x'.repeat(70_000),
  ];
  const parsed = parseAmf0(serializeAmf0(values));
  assert.deepEqual(plain(parsed.slice(0, 3)), values.slice(0, 3));
  assert.deepEqual(plain(parsed[3]), { width: 640 });
  assert.equal(parsed[4], values[4]);
});

test('names of the language are plain keys', () => {
  const [object] = parseAmf0(serializeAmf0([JSON.parse('{"__proto__": {"polluted": true}}') as Amf0Value]));
  assert.ok(isAmf0Object(object));
  assert.equal(Object.getPrototypeOf(object), null);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

fuzz(
  'parseAmf0',
  [
    serializeAmf0(['onMetaData', new Amf0EcmaArray({ width: 640, list: [1, 'a', null], flag: true })]),
    serializeAmf0(['connect', 1, { app: 'live', deep: { deeper: { deepest: 'x' } } }]),
    bytesOf('10 0001 43 0001 61 0b 4000000000000000 0000 0000 09 0c 00000001 61'),
  ],
  parseAmf0,
  30_000,
);
