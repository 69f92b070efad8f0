import { ProtocolError } from '@vedette/media';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CookieJar } from './cookie.ts';
import { addressBytes, parseHandshake, serializeHandshake, SRT_HANDSHAKE_TYPE } from './handshake.ts';
import { parseKeyMaterial, serializeKeyMaterial, unwrapKeys, wrappingKey } from './key-material.ts';
import { SrtListener } from './listener.ts';
import { nodeSrtCrypto } from './node-crypto.ts';
import { packetSocketId, packetTimestamp } from './packet.ts';
import { SRT_REJECT } from './reject.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** From srt-live-transmit 1.5.1: streamid=read:cam, passphrase=correct horse battery, latency=200. */
const INDUCTION = hex(
  '8000000000000000000000b50000000000000004000000021285d015000005dc00002000000000013852a8db000000000100007f000000000000000000000000',
);
const CONCLUSION = hex(
  '8000000000000000000032a40000000000000005000200071285d015000005dc00002000ffffffff3852a8dbc0ffee01' +
    '0100007f0000000000000000000000000001000300010501000000bf00c800c800050002646165726d61633a' +
    '0003000e122029010000000002000200000004047a3da88bd023697e49a23d9f09d7b41eb23748478e12369786fc1a2fe0f24ca04807de62333a03a6',
);
const PASSPHRASE = 'correct horse battery';

test('parseHandshake: the induction of libsrt', () => {
  const { type, version, extensionField, socketId, flowWindow, mtu, initialSequence, peerAddress } =
    parseHandshake(INDUCTION);
  assert.deepEqual(
    { type, version, extensionField, socketId, flowWindow, mtu, initialSequence },
    {
      type: SRT_HANDSHAKE_TYPE.induction,
      version: 4,
      extensionField: 2,
      socketId: 0x3852a8db,
      flowWindow: 8192,
      mtu: 1500,
      initialSequence: 0x1285d015,
    },
  );
  assert.deepEqual(peerAddress, addressBytes('127.0.0.1'));
});

test('parseHandshake: the conclusion of libsrt, with all its extensions', () => {
  const { type, version, encryption, cookie, extensions } = parseHandshake(CONCLUSION);
  assert.deepEqual(
    { type, version, encryption, cookie },
    { type: SRT_HANDSHAKE_TYPE.conclusion, version: 5, encryption: 2, cookie: 0xc0ffee01 },
  );
  assert.deepEqual(extensions.handshakeRequest, {
    version: 0x010501,
    flags: 0xbf,
    receiverLatencyMs: 200,
    senderLatencyMs: 200,
  });
  assert.equal(extensions.streamId, 'read:cam');
});

test('serializeHandshake: gives the bytes back', () => {
  const handshake = parseHandshake(INDUCTION);
  const envelope = { timestamp: packetTimestamp(INDUCTION), destination: packetSocketId(INDUCTION) };
  assert.deepEqual(serializeHandshake(handshake, envelope), INDUCTION);
  const conclusion = parseHandshake(CONCLUSION);
  const again = serializeHandshake(conclusion, { timestamp: packetTimestamp(CONCLUSION), destination: 0 });
  assert.deepEqual(parseHandshake(again), conclusion);
  assert.equal(again.length, CONCLUSION.length);
});

test('key material: libsrt’s key unwraps by the right passphrase, and by no other', () => {
  const message = parseHandshake(CONCLUSION).extensions.keyRequest ?? assert.fail();
  const material = parseKeyMaterial(message);
  assert.equal(material.keyLength, 16);
  assert.deepEqual(serializeKeyMaterial(material), message);
  const unwrapBy = (passphrase: string): unknown =>
    unwrapKeys(nodeSrtCrypto, material, wrappingKey(nodeSrtCrypto, passphrase, material.salt, 16));
  assert.equal(unwrapBy('wrong horse battery'), undefined);
  const keys = unwrapKeys(nodeSrtCrypto, material, wrappingKey(nodeSrtCrypto, PASSPHRASE, material.salt, 16));
  assert.equal(keys?.even?.length, 16);
  assert.equal(keys.odd, undefined);
});

test('addressBytes: IPv4 backwards in its word, IPv6 word by word', () => {
  assert.deepEqual([...addressBytes('192.168.1.20').slice(0, 5)], [20, 1, 168, 192, 0]);
  assert.deepEqual(addressBytes('::ffff:127.0.0.1'), addressBytes('127.0.0.1'));
  const bytes = addressBytes('2001:db8::1');
  assert.deepEqual([...bytes.slice(0, 4)], [0xb8, 0x0d, 0x01, 0x20]);
  assert.deepEqual([...bytes.slice(12)], [1, 0, 0, 0]);
  assert.deepEqual(addressBytes('nonsense'), new Uint8Array(16));
});

/** A listener, and libsrt's conclusion with the cookie it asks for. */
function knock(changes: (packet: Uint8Array) => Uint8Array = (packet) => packet, passphrase?: string) {
  const listener = new SrtListener({ crypto: nodeSrtCrypto, passphrase, keyLength: 16, latencyMs: 120 });
  const induction = listener.receive(INDUCTION, 'peer', 0);
  assert.equal(induction.type, 'answer');
  assert.ok('packet' in induction);
  const { cookie } = parseHandshake(induction.packet);
  const conclusion = Uint8Array.from(CONCLUSION);
  new DataView(conclusion.buffer).setUint32(16 + 28, cookie);
  return { listener, conclusion: changes(conclusion) };
}

test('SrtListener: answers an induction with no more bytes than it took, and no memory of it', () => {
  const { listener } = knock();
  const answer = listener.receive(INDUCTION, 'peer', 0);
  assert.ok(answer.type === 'answer' && answer.packet.length <= INDUCTION.length);
  const { version, extensionField, encryption } = parseHandshake(answer.packet);
  assert.deepEqual([version, extensionField, encryption], [5, 0x4a17, 0]);
  assert.equal(packetSocketId(answer.packet), 0x3852a8db);
});

test('SrtListener: the cookie holds for one address and two minutes', () => {
  const { listener, conclusion } = knock(undefined, PASSPHRASE);
  assert.equal(listener.receive(conclusion, 'peer', 0).type, 'call');
  assert.equal(listener.receive(conclusion, 'peer', 61e6).type, 'call');
  assert.equal(listener.receive(conclusion, 'peer', 121e6).type, 'ignore');
  assert.equal(listener.receive(conclusion, 'another', 0).type, 'ignore');
  const jar = new CookieJar(nodeSrtCrypto);
  assert.notEqual(jar.bake('a', 0), jar.bake('b', 0));
  assert.notEqual(new CookieJar(nodeSrtCrypto).bake('a', 0), jar.bake('a', 0), 'another key');
});

test('SrtListener: the larger latency of both sides counts; keys are agreed', () => {
  const { listener, conclusion } = knock(undefined, PASSPHRASE);
  const call = listener.receive(conclusion, 'peer', 5e6);
  assert.ok(call.type === 'call');
  const unlocked = listener.unlock(call.call);
  assert.ok(typeof unlocked !== 'string');
  const identity = { socketId: 7, address: '127.0.0.1', nowUs: 5e6 };
  const { agreement, answer } = listener.accept(call.call, unlocked.keys, identity);
  assert.equal(agreement.receiveLatencyMs, 200);
  assert.equal(agreement.sendLatencyMs, 200);
  assert.equal(agreement.peerTimestamp, 0x32a4);
  const told = parseHandshake(answer(5.5e6));
  assert.equal(told.extensions.handshakeResponse?.receiverLatencyMs, 200);
  assert.deepEqual(told.extensions.keyResponse, parseHandshake(CONCLUSION).extensions.keyRequest);
  assert.equal(told.socketId, 7);
  assert.equal(packetTimestamp(answer(5.5e6)), 500_000, 'a repeated answer tells its own time');
});

for (const { name, passphrase, want } of [
  { name: 'another passphrase', passphrase: 'wrong horse battery', want: 'badSecret' },
  { name: 'a passphrase where there is none', passphrase: undefined, want: 'unsecure' },
] as const) {
  test(`SrtListener: ${name}: ${want}`, () => {
    const { listener, conclusion } = knock(undefined, passphrase);
    const call = listener.receive(conclusion, 'peer', 0);
    assert.ok(call.type === 'call');
    assert.equal(listener.unlock(call.call), want);
    const refusal = listener.refuse(call.call.handshake, want);
    assert.equal(parseHandshake(refusal).type, 1000 + SRT_REJECT[want]);
  });
}

const u16 = (packet: Uint8Array, offset: number, value: number): Uint8Array => {
  new DataView(packet.buffer, packet.byteOffset).setUint16(offset, value);
  return packet;
};
const EXTENSIONS_AT = 64;

for (const { name, change, want } of [
  { name: 'handshake version 4', change: (p: Uint8Array) => u16(p, 18, 4), want: 'version' },
  {
    name: 'the message API',
    change: (p: Uint8Array) => u16(p, EXTENSIONS_AT + 10, 0xff),
    want: 'messageApi',
  },
  { name: 'SRT 1.2', change: (p: Uint8Array) => u16(p, EXTENSIONS_AT + 6, 0x0200), want: 'version' },
  { name: 'no HSREQ', change: (p: Uint8Array) => u16(p, EXTENSIONS_AT, 99), want: 'rogue' },
  {
    name: 'an hour of latency',
    change: (p: Uint8Array) => u16(p, EXTENSIONS_AT + 12, 0xffff),
    want: 'unacceptable',
  },
  { name: 'bonding', change: (p: Uint8Array) => u16(p, EXTENSIONS_AT + 16, 8), want: 'group' },
  { name: 'a packet filter', change: (p: Uint8Array) => u16(p, EXTENSIONS_AT + 16, 7), want: 'filter' },
  { name: 'file mode', change: (p: Uint8Array) => u16(p, EXTENSIONS_AT + 16, 6), want: 'congestion' },
] as const) {
  test(`SrtListener: refuses ${name}: ${want}`, () => {
    const { listener, conclusion } = knock(change);
    const answer = listener.receive(conclusion, 'peer', 0);
    assert.deepEqual([answer.type, 'reject' in answer && answer.reject], ['refuse', want]);
  });
}

for (const { name, bytes } of [
  { name: 'cut off', bytes: CONCLUSION.subarray(0, 63) },
  {
    name: 'an extension that claims 256 KiB',
    bytes: u16(Uint8Array.from(CONCLUSION), EXTENSIONS_AT + 2, 0xffff),
  },
  { name: 'HSREQ of no length', bytes: u16(Uint8Array.from(CONCLUSION), EXTENSIONS_AT + 2, 0) },
]) {
  test(`parseHandshake: ${name}`, () => {
    assert.throws(() => parseHandshake(bytes), { code: 'ERR_SRT_HANDSHAKE' });
  });
}

test('parseHandshake: 17 extensions are too many', () => {
  const packet = new Uint8Array(64 + 17 * 4);
  packet.set(CONCLUSION.subarray(0, 64));
  for (let at = 64; at < packet.length; at += 4) u16(packet, at, 99);
  assert.throws(() => parseHandshake(packet), { code: 'ERR_SRT_HANDSHAKE' });
});

test('parseHandshake, parseKeyMaterial: any bytes parse or throw ProtocolError', () => {
  const flips = fc.array(fc.tuple(fc.nat(CONCLUSION.length - 1), fc.nat(255)), { maxLength: 8 });
  const message = parseHandshake(CONCLUSION).extensions.keyRequest ?? assert.fail();
  fc.assert(
    fc.property(
      flips,
      fc.nat(CONCLUSION.length),
      fc.uint8Array({ maxLength: 200 }),
      (changes, length, tail) => {
        const bytes = Uint8Array.from([...CONCLUSION.subarray(0, length), ...tail]);
        const key = Uint8Array.from(message);
        for (const [at, value] of changes) {
          if (at < bytes.length) bytes[at] = value;
          if (at < key.length) key[at] = value;
        }
        for (const parse of [() => parseHandshake(bytes), () => parseKeyMaterial(key)]) {
          try {
            parse();
          } catch (error) {
            assert.ok(error instanceof ProtocolError);
          }
        }
      },
    ),
  );
});
