import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ApiClient, ApiError, UnreachableError } from './api-client.ts';

async function serve(context: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('ApiClient: reads a list page by page', async (context) => {
  const asked: string[] = [];
  const base = await serve(context, ({ url = '' }, response) => {
    asked.push(url);
    const isLast = url.includes('cursor=next');
    response.end(JSON.stringify({ items: [{ id: isLast ? 'b' : 'a' }], nextCursor: isLast ? null : 'next' }));
  });
  const cameras = await new ApiClient(base).cameras();
  assert.deepEqual(
    cameras.map(({ id }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(asked, ['/api/v1/cameras?limit=1000', '/api/v1/cameras?limit=1000&cursor=next']);
});

test('ApiClient: problem details become an ApiError', async (context) => {
  const base = await serve(context, (_request, response) => {
    response.writeHead(400);
    response.end(
      JSON.stringify({ type: 'about:blank', title: 'Bad', status: 400, code: 'ERR_BAD', detail: 'why' }),
    );
  });
  await assert.rejects(new ApiClient(base).sessions(), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.message], [400, 'ERR_BAD', 'why']);
    return true;
  });
});

test('ApiClient: an answer that is no problem details is ERR_HTTP', async (context) => {
  const base = await serve(context, (_request, response) => {
    response.writeHead(500);
    response.end('<html>');
  });
  await assert.rejects(new ApiClient(base).sessions(), { name: 'ApiError', code: 'ERR_HTTP' });
});

test('ApiClient: a session that is over already is ended', async (context) => {
  const base = await serve(context, (_request, response) => {
    response.writeHead(404);
    response.end(JSON.stringify({ title: 'No such session', code: 'ERR_SESSION_NOT_FOUND' }));
  });
  await new ApiClient(base).endSession('x');
});

for (const status of [502, 504]) {
  test(`ApiClient: ${status} of a proxy means that nobody is behind it`, async (context) => {
    const base = await serve(context, (_request, response) => response.writeHead(status).end());
    await assert.rejects(new ApiClient(base).cameras(), UnreachableError);
  });
}

test('ApiClient: no answer at all', async (context) => {
  const base = await serve(context, ({ socket }) => socket.destroy());
  await assert.rejects(new ApiClient(base).cameras(), UnreachableError);
});

test('ApiClient: an abort keeps its own error', async (context) => {
  const base = await serve(context, () => undefined);
  await assert.rejects(new ApiClient(base).cameras(AbortSignal.abort()), { name: 'AbortError' });
});
