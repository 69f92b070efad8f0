import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClientMessage } from './client-message.ts';

for (const { text, want } of [
  { text: '{"type":"pong"}', want: { type: 'pong' } },
  { text: '{"type":"progress","units":12}', want: { type: 'progress', units: 12 } },
  {
    text: '{"type":"quality","quality":"720p","maxHeight":360}',
    want: { type: 'quality', quality: '720p', maxHeight: 360 },
  },
  {
    text: '{"type":"quality","quality":"auto"}',
    want: { type: 'quality', quality: 'auto', maxHeight: undefined },
  },
]) {
  test(`parseClientMessage: ${text}`, () => assert.deepEqual(parseClientMessage(text), want));
}

for (const text of [
  '',
  'null',
  '[]',
  '{"type":"x"}',
  '{"type":"progress","units":-1}',
  '{"type":"progress","units":"1"}',
  '{"type":"quality","quality":"../x"}',
  '{"type":"quality","quality":"auto","maxHeight":1.5}',
  ' '.repeat(2000),
]) {
  test(`parseClientMessage: refuses ${text.slice(0, 50)}`, () => {
    assert.throws(() => parseClientMessage(text), { code: 'ERR_MSE_MESSAGE' });
  });
}

test('parseClientMessage: any text parses or throws ProtocolError', () => {
  const messages = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(messages, (text) => {
      try {
        parseClientMessage(text);
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
  );
});
