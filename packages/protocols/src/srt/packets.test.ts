import assert from 'node:assert/strict';
import { createCipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { LossListWriter, parseAck, parseDropRequest, readLossList, writeFullAck } from './control.ts';
import { KeyStream } from './key-stream.ts';
import { LossList } from './loss-list.ts';
import { nodeSrtCrypto } from './node-crypto.ts';
import { parseDataHeader, writeControlHeader, writeDataHeader } from './packet.ts';
import { unwrapSequence, unwrapTimestamp } from './sequence.ts';
import { numbered, Pair } from './testing/pair.ts';

test('data header: the layout of draft-sharabayko-srt §3.1', () => {
  const packet = new Uint8Array(16);
  writeDataHeader(packet, 0x12345678, 5, 2, true, 0x01020304, 0x0a0b0c0d);
  assert.deepEqual(
    Buffer.from(packet).toString('hex'),
    '12345678' + 'd4000005' + '01020304' + '0a0b0c0d', // PP 11, O 0, KK 10, R 1
  );
  assert.deepEqual(parseDataHeader(packet), {
    sequence: 0x12345678,
    messageNumber: 5,
    keyFlags: 2,
    isRetransmitted: true,
    timestamp: 0x01020304,
    socketId: 0x0a0b0c0d,
  });
});

test('data header: whatever is written is read', () => {
  fc.assert(
    fc.property(
      fc.nat(0x7fff_ffff),
      fc.nat(0x03ff_ffff),
      fc.nat(2),
      fc.boolean(),
      fc.nat(0xffff_ffff),
      fc.nat(0xffff_ffff),
      (sequence, messageNumber, keyFlags, isAgain, timestamp, socketId) => {
        const packet = new Uint8Array(16);
        writeDataHeader(packet, sequence, messageNumber, keyFlags, isAgain, timestamp, socketId);
        const isRetransmitted = isAgain;
        assert.deepEqual(parseDataHeader(packet), {
          sequence,
          messageNumber,
          keyFlags,
          isRetransmitted,
          timestamp,
          socketId,
        });
      },
    ),
  );
});

test('ACK: full, light, and cut short', () => {
  const packet = new Uint8Array(64);
  writeControlHeader(packet, 2, 9, 1, 2);
  const ack = {
    sequence: 77,
    roundTripUs: 1000,
    roundTripVarianceUs: 200,
    availablePackets: 8000,
    receivingRate: 1,
    linkCapacity: 2,
    receivingBytesPerSecond: 3,
  };
  const length = writeFullAck(packet, ack);
  assert.equal(length, 44);
  const { sequence, roundTripUs, roundTripVarianceUs, availablePackets } = ack;
  assert.deepEqual(parseAck(packet.subarray(0, length)), {
    sequence,
    roundTripUs,
    roundTripVarianceUs,
    availablePackets,
  });
  const light = parseAck(packet.subarray(0, 20));
  assert.deepEqual([light.sequence, light.roundTripUs, light.availablePackets], [77, undefined, undefined]);
  assert.throws(() => parseAck(packet.subarray(0, 19)), { code: 'ERR_SRT_ACK' });
});

function readAll(packet: Uint8Array): [number, number][] {
  const ranges: [number, number][] = [];
  readLossList(packet, (first, last) => ranges.push([first, last]) > 0);
  return ranges;
}

test('NAK: single packets and ranges (appendix A), and what is none', () => {
  const packet = new Uint8Array(1500);
  const writer = new LossListWriter(packet);
  writer.add(5, 5);
  writer.add(7, 9);
  assert.equal(Buffer.from(packet.subarray(16, writer.length)).toString('hex'), '000000058000000700000009');
  assert.deepEqual(readAll(packet.subarray(0, writer.length)), [
    [5, 5],
    [7, 9],
  ]);
  const bad = (hex: string): Uint8Array =>
    Uint8Array.from(Buffer.concat([Buffer.alloc(16), Buffer.from(hex, 'hex')]));
  for (const hex of ['', '80000007', '8000000700000005', '8000000780000009']) {
    assert.throws(() => readAll(bad(hex)), { code: 'ERR_SRT_NAK' }, hex);
  }
  assert.throws(() => parseDropRequest(bad('0000000900000005')), { code: 'ERR_SRT_DROP' });
  let words = 0;
  const full = new LossListWriter(packet);
  while (full.add(words * 4, words * 4 + 1)) words += 1;
  assert.ok(full.length <= 1472);
});

test('sequence numbers and timestamps unwrap to the nearest', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.integer({ min: -(2 ** 30), max: 2 ** 30 - 1 }), (reference, distance) => {
      const value = reference + distance;
      assert.equal(unwrapSequence(((value % 2 ** 31) + 2 ** 31) % 2 ** 31, reference), value);
      assert.equal(unwrapTimestamp(value >>> 0, reference), value);
    }),
  );
});

test('LossList: as a set of numbers would have it', () => {
  const step = fc.oneof(
    fc.record({
      type: fc.constant('append' as const),
      gap: fc.integer({ min: 1, max: 5 }),
      length: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ type: fc.constant('remove' as const), at: fc.nat(200) }),
    fc.record({ type: fc.constant('giveUp' as const), at: fc.nat(200), length: fc.nat(20) }),
    fc.record({ type: fc.constant('before' as const), at: fc.nat(60) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const list = new LossList();
      const missing = new Map<number, boolean>();
      let end = 0;
      for (const action of steps) {
        if (action.type === 'append') {
          const first = end + action.gap;
          end = first + action.length;
          list.append(first, end - 1);
          for (let number = first; number < end; number += 1) missing.set(number, false);
        } else if (action.type === 'remove') {
          assert.equal(list.remove(action.at), missing.delete(action.at));
        } else if (action.type === 'giveUp') {
          list.giveUp(action.at, action.at + action.length);
          for (const number of missing.keys()) {
            if (number >= action.at && number <= action.at + action.length) missing.set(number, true);
          }
        } else {
          const gone = [...missing.keys()].filter((number) => number < action.at);
          assert.equal(list.removeBefore(action.at), gone.length);
          for (const number of gone) missing.delete(number);
        }
        const listed = list.runs.flatMap(({ first, last, isGivenUp }) =>
          Array.from({ length: last - first + 1 }, (_, index) => [first + index, isGivenUp] as const),
        );
        assert.deepEqual(
          listed,
          [...missing.entries()].sort(([one], [other]) => one - other),
        );
        assert.equal(list.packets, missing.size);
        assert.equal(
          list.firstWanted,
          [...missing].filter(([, isGivenUp]) => !isGivenUp).sort(([one], [other]) => one - other)[0]?.[0],
        );
      }
    }),
  );
});

for (const length of [16, 24, 32]) {
  test(`KeyStream: is AES-${length * 8} in counter mode, in any order of packets`, () => {
    const [key, salt] = [randomBytes(length), randomBytes(16)];
    const stream = new KeyStream(nodeSrtCrypto.blockCipher(key), salt);
    for (const sequence of [15, 16, 17, 400, 16, 15, 0x7fff_ffff, 0]) {
      for (const size of [1, 188, 1315, 1316, 1456]) {
        const plain = randomBytes(size);
        const packet = Buffer.concat([Buffer.alloc(3), plain]);
        stream.apply(packet, 3, packet.length, sequence);
        const iv = Buffer.alloc(16);
        iv.writeUInt32BE(sequence, 10);
        for (let index = 0; index < 14; index += 1) iv[index] = (iv[index] ?? 0) ^ (salt[index] ?? 0);
        const want = createCipheriv(`aes-${length * 8}-ctr`, key, iv).update(plain);
        assert.deepEqual(packet.subarray(3), want);
      }
    }
  });
}

test('wrapKey: the vectors of RFC 3394 §4', () => {
  const from = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const key = from('000102030405060708090A0B0C0D0E0F');
  const data = from('00112233445566778899AABBCCDDEEFF');
  const wrapped = from('1FA68B0A8112B447 AEF34BD8FB5A7B82 9D3E862371D2CFE5');
  assert.deepEqual(Buffer.from(nodeSrtCrypto.wrapKey(key, data)), wrapped);
  assert.deepEqual(Buffer.from(nodeSrtCrypto.unwrapKey(key, wrapped) ?? []), data);
});

test('SrtConnection: any packets whatever: nothing is thrown, nothing grows, the media goes on', () => {
  const pair = new Pair({ passphrase: 'a long passphrase' });
  const { connection } = pair.listener;
  const packet = fc
    .tuple(fc.constantFrom(0x00, 0x12, 0x80, 0xff), fc.nat(8), fc.uint8Array({ maxLength: 1500 }))
    .map(([head, type, tail]) => Uint8Array.from([head, type, ...tail]));
  let count = 0;
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 20 }), (packets) => {
      for (const bytes of packets) {
        // A goodbye would be believed.
        if ((bytes[0] ?? 0) >= 0x80 && (bytes[1] === 5 || bytes[1] === 8)) continue;
        connection.receive(bytes, pair.listenerUs);
      }
      pair.caller.connection.write(numbered(count), pair.nowUs);
      count += 1;
      pair.run(10_000);
      assert.ok(connection.bufferedBytes < 8192 * 1500);
    }),
  );
  assert.ok(connection.statistics.malformed > 0);
  pair.run(1_000_000);
  assert.equal(pair.listener.end, undefined);
});

test('SrtConnection: an ACK of what was never sent, a NAK of it, unencrypted media: left aside', () => {
  const pair = new Pair({ passphrase: 'a long passphrase' });
  const { connection } = pair.caller;
  connection.write(numbered(1), pair.nowUs);
  const kept = connection.keptBytes;
  const { initialSequence } = connection.agreement;
  const forge = (type: number, ...words: number[]): Uint8Array => {
    const packet = new Uint8Array(16 + 4 * words.length);
    writeControlHeader(packet, type, 1, 0, 77);
    words.forEach((word, index) => new DataView(packet.buffer).setUint32(16 + 4 * index, word));
    return packet;
  };
  connection.receive(forge(2, initialSequence + 100), pair.nowUs);
  connection.receive(forge(3, 0x8000_0000 + initialSequence, initialSequence + 0x3000_0000), pair.nowUs);
  assert.equal(connection.keptBytes, kept);
  assert.equal(connection.statistics.retransmitted, 0);
  const plain = new Uint8Array(1332);
  writeDataHeader(plain, initialSequence, 1, 0, false, 0, 77);
  connection.receive(plain, pair.nowUs);
  assert.equal(connection.statistics.undecrypted, 1);
});
