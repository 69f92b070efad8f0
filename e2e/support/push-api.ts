import { push as pushSchema, pushPage, type NewPush, type Push } from '@vedette/contract';

/** The pushes of a camera, by id. */
export async function pushesOf(http: string, cameraId: string): Promise<Map<string, Push>> {
  const response = await fetch(`${http}/api/v1/cameras/${cameraId}/pushes`);
  return new Map(pushPage.parse(await response.json()).items.map((push) => [push.id, push]));
}

/** The name of a push's state. */
export async function pushState(
  http: string,
  cameraId: string,
  id: string,
): Promise<Push['state'] | undefined> {
  return (await pushesOf(http, cameraId)).get(id)?.state;
}

export async function addPush(http: string, cameraId: string, wanted: NewPush): Promise<Push> {
  const response = await send('POST', `${http}/api/v1/cameras/${cameraId}/pushes`, wanted);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return pushSchema.parse(await response.json());
}

export async function setPush(http: string, cameraId: string, id: string, enabled: boolean): Promise<Push> {
  const response = await send('PATCH', `${http}/api/v1/cameras/${cameraId}/pushes/${id}`, { enabled });
  return pushSchema.parse(await response.json());
}

/** A request with a JSON body. */
export async function send(method: string, url: string, body?: unknown): Promise<Response> {
  return fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
}
