import { camera as cameraSchema, sessionPage, type Camera, type Session } from '@vedette/contract';

/** One camera, as the API shows it. */
export async function cameraOf(http: string, id: string): Promise<Camera> {
  const response = await fetch(`${http}/api/v1/cameras/${id}`);
  if (response.status !== 200) throw new Error(`camera ${id}: ${response.status} ${await response.text()}`);
  return cameraSchema.parse(await response.json());
}

/** Whether all of these cameras are live. */
export async function areLive(http: string, ids: readonly string[]): Promise<boolean> {
  const cameras = await Promise.all(ids.map(async (id) => cameraOf(http, id)));
  return cameras.every(({ state }) => state.name === 'live');
}

/** Everybody who watches or publishes now. */
export async function sessionsOf(http: string): Promise<Session[]> {
  const response = await fetch(`${http}/api/v1/sessions?limit=1000`);
  return sessionPage.parse(await response.json()).items;
}

/** A metric by its name and labels, as `/metrics` writes them; 0 where there is no such line. */
export async function metricOf(http: string, name: string): Promise<number> {
  const response = await fetch(`${http}/metrics`);
  const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
