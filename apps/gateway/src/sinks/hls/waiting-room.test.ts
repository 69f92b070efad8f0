import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitingRoom } from './waiting-room.ts';

const never = new AbortController().signal;

test('waiting room: everyone who waits is woken at once, and only they', async () => {
  const room = new WaitingRoom(10);
  const waits = [room.wait(never, 60_000), room.wait(never, 60_000)];
  assert.equal(room.size, 2);
  room.wakeAll();
  assert.deepEqual(await Promise.all(waits), ['woken', 'woken']);
  assert.equal(room.size, 0);
});

test('waiting room: a wait ends by its time, by its signal, or before it began', async () => {
  const room = new WaitingRoom(10);
  assert.equal(await room.wait(never, 1), 'timeout');
  assert.equal(await room.wait(never, 0), 'timeout');
  const controller = new AbortController();
  const wait = room.wait(controller.signal, 60_000);
  controller.abort();
  assert.equal(await wait, 'aborted');
  assert.equal(await room.wait(controller.signal, 60_000), 'aborted');
  assert.equal(room.size, 0);
});

test('waiting room: no more wait than there is room for', async () => {
  const room = new WaitingRoom(1);
  const wait = room.wait(never, 60_000);
  assert.equal(await room.wait(never, 60_000), 'full');
  room.wakeAll();
  assert.equal(await wait, 'woken');
});
