/** Where pictures are taken from: a camera's device id, the screen, or nowhere. */
export type PictureChoice =
  { readonly from: 'camera'; readonly deviceId: string } | { readonly from: 'screen' | 'none' };

/** A microphone's device id, or none. */
export type SoundChoice =
  { readonly from: 'microphone'; readonly deviceId: string } | { readonly from: 'none' };

export interface Devices {
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
}

/** Why nothing can be captured. */
export type CaptureFault = 'insecure' | 'denied' | 'missing' | 'inUse' | 'noScreen' | 'nothing' | 'unknown';

export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly fault: CaptureFault;

  constructor(fault: CaptureFault, options?: ErrorOptions) {
    super(fault, options);
    this.fault = fault;
  }
}

/** What the browser calls it, and what it means for the person. */
const FAULTS: ReadonlyMap<string, CaptureFault> = new Map<string, CaptureFault>([
  ['NotAllowedError', 'denied'],
  ['SecurityError', 'denied'],
  ['NotFoundError', 'missing'],
  ['OverconstrainedError', 'missing'],
  ['NotReadableError', 'inUse'],
  ['AbortError', 'inUse'],
]);

/** Pages that came without encryption from elsewhere have no devices at all. */
function mediaDevices(): MediaDevices {
  if (!('mediaDevices' in navigator)) throw new CaptureError('insecure');
  return navigator.mediaDevices;
}

function asCaptureError(error: unknown): CaptureError {
  if (error instanceof CaptureError) return error;
  const name = error instanceof Error ? error.name : '';
  return new CaptureError(FAULTS.get(name) ?? 'unknown', { cause: error });
}

/** Names are there once the person has agreed to the use of any. */
export async function listDevices(): Promise<Devices> {
  if (!('mediaDevices' in navigator)) return { cameras: [], microphones: [] };
  const all = await navigator.mediaDevices.enumerateDevices();
  const ofKind = (kind: MediaDeviceKind): MediaDeviceInfo[] =>
    all.filter((device) => device.kind === kind && device.deviceId !== '');
  return { cameras: ofKind('videoinput'), microphones: ofKind('audioinput') };
}

function deviceOf(deviceId: string): MediaTrackConstraints {
  return deviceId === '' ? {} : { deviceId: { exact: deviceId } };
}

async function captureDevices(picture: PictureChoice, sound: SoundChoice): Promise<MediaStreamTrack[]> {
  const video =
    picture.from === 'camera'
      ? {
          ...deviceOf(picture.deviceId),
          width: { ideal: 1280 },
          height: { ideal: 720 },
          frameRate: { ideal: 30 },
        }
      : false;
  const audio = sound.from === 'microphone' ? deviceOf(sound.deviceId) : false;
  if (video === false && audio === false) return [];
  return (await mediaDevices().getUserMedia({ video, audio })).getTracks();
}

async function captureScreen(): Promise<MediaStreamTrack[]> {
  const devices = mediaDevices();
  if (!('getDisplayMedia' in devices)) throw new CaptureError('noScreen'); // no phone has it
  const stream = await devices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: false });
  const tracks = stream.getVideoTracks();
  for (const track of tracks) track.contentHint = 'detail';
  return tracks;
}

/**
 * Asks for what was chosen.
 *
 * @throws {CaptureError}
 */
export async function capture(picture: PictureChoice, sound: SoundChoice): Promise<MediaStream> {
  const taken: MediaStreamTrack[] = [];
  try {
    // The screen first: the browser lets a page ask for it only as the answer to a click.
    if (picture.from === 'screen') taken.push(...(await captureScreen()));
    taken.push(...(await captureDevices(picture, sound)));
  } catch (error) {
    for (const track of taken) track.stop();
    throw asCaptureError(error);
  }
  if (taken.length === 0) throw new CaptureError('nothing');
  return new MediaStream(taken);
}

export function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
