/**
 * Runs before anything else of the page is there: asks for the streams that the page will show, and
 * shows their pictures, while the application still loads.
 */
import type { CameraPlayer } from '@vedette/client';
import { areDetailsOpen } from './camera/details-preference.ts';
import { byName, firstCameraList } from './cameras/first-list.ts';
import { showEarly } from './early-pictures.ts';
import { isStrangersPage } from './login/next-place.ts';
import { pageOf, tilesPerPage } from './live/grid-layout.ts';
import { parseLiveSearch, resolveLiveView } from './live/live-view.ts';
import { startTheme } from './theme/theme.ts';
import { players } from './viewer/players.ts';

const CAMERA_PAGE = /^\/live\/([A-Za-z0-9][A-Za-z0-9_-]{0,63})\/?$/;

/**
 * The application waits this long for the first pictures. It keeps the page busy for a tenth of a
 * second, on a slow machine for much longer, and would come between a stream and its picture.
 */
const HEAD_START_MS = 400;
/** Where the list takes longer, the stream is asked for without knowing more. */
const LIST_MS = 300;

async function patience(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}

/** Until there is a picture, or nothing to wait for. */
async function settled(player: CameraPlayer): Promise<void> {
  if (player.state.name !== 'connecting') return;
  await new Promise<void>((resolve) => {
    const stop = player.on('state', ({ name }) => {
      if (name === 'connecting') return;
      stop();
      resolve();
    });
  });
}

async function warmGrid(): Promise<void> {
  const listing = firstCameraList();
  const search = parseLiveSearch(Object.fromEntries(new URLSearchParams(location.search)));
  const { layout, page } = resolveLiveView(search, localStorage);
  const cameras = await listing;
  // Sorting by name loads the language's rules, some 15 ms: where all are shown the streams come first.
  const isOnePage = cameras.length <= tilesPerPage(layout);
  if (isOnePage) for (const camera of cameras) players.warm(camera.id, camera);
  const shown = pageOf(cameras.toSorted(byName), layout, page);
  const warmed = shown.map((camera) => players.warm(camera.id, camera));
  showEarly('grid', warmed, layout);
  await Promise.all(warmed.map(settled));
}

async function warmCamera(cameraId: string): Promise<void> {
  // The gateway has had the list asked for already, with the page, and it is here before an offer could be made: what it rules out is
  // never asked for.
  const cameras = await Promise.race([firstCameraList().catch(() => undefined), patience(LIST_MS)]);
  const player = players.warm(cameraId, cameras && (cameras.find(({ id }) => id === cameraId) ?? null));
  const isEmbedded = new URLSearchParams(location.search).has('embed');
  showEarly(isEmbedded ? 'embedded' : areDetailsOpen() ? 'camera' : 'camera-alone', [player]);
  await settled(player);
}

async function warm(): Promise<void> {
  if (isStrangersPage(location)) return;
  // Every page needs the list sooner or later, and the gateway has had it asked for already.
  const listing = firstCameraList();
  // Whoever waits for it below hears of it; nobody else need.
  listing.catch(() => undefined);
  const cameraId = CAMERA_PAGE.exec(location.pathname)?.[1];
  if (cameraId !== undefined) await warmCamera(cameraId);
  else if (location.pathname === '/') await warmGrid();
  await listing;
}

const warming = warm();
startTheme();
const headStart = patience(HEAD_START_MS);
// A list that does not arrive is shown by the application, not here.
void Promise.race([warming.catch(() => undefined), headStart]).then(async () => import('./main.tsx'));
