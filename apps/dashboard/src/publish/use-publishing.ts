import { WhipPublisher, type PublisherState, type PublishStats } from '@vedette/client';
import { useEffect, useRef, useState } from 'react';
import {
  capture,
  CaptureError,
  listDevices,
  release,
  type CaptureFault,
  type Devices,
  type PictureChoice,
  type SoundChoice,
} from './capture.ts';

const STATS_MS = 1000;

/** Cameras and microphones, as they come and go. */
function useDevices(stream: MediaStream | null): Devices {
  const [devices, setDevices] = useState<Devices>({ cameras: [], microphones: [] });
  useEffect(() => {
    let isOver = false;
    const update = (): void => {
      void listDevices().then((found) => {
        if (!isOver) setDevices(found);
      });
    };
    update();
    if (!('mediaDevices' in navigator)) return undefined;
    navigator.mediaDevices.addEventListener('devicechange', update);
    return () => {
      isOver = true;
      navigator.mediaDevices.removeEventListener('devicechange', update);
    };
    // Once the person has agreed to the use of a device, names are told.
  }, [stream]);
  return devices;
}

function useStats(publisher: WhipPublisher, isLive: boolean): PublishStats | undefined {
  const [stats, setStats] = useState<PublishStats>();
  useEffect(() => {
    if (!isLive) return undefined;
    const timer = setInterval(() => void publisher.stats().then(setStats), STATS_MS);
    return () => {
      clearInterval(timer);
      setStats(undefined);
    };
  }, [publisher, isLive]);
  return stats;
}

interface Capture {
  readonly stream: MediaStream | null;
  readonly fault: CaptureFault | null;
  readonly isAsking: boolean;
  /** The same as `stream`, for callbacks. */
  readonly held: { readonly current: MediaStream | null };
  /** Asks for devices; what `use` takes is held from then on. */
  readonly acquire: (
    picture: PictureChoice,
    sound: SoundChoice,
    use: (next: MediaStream) => void | Promise<void>,
  ) => Promise<void>;
  readonly hold: (next: MediaStream | null) => void;
  /** What is being asked for is not wanted any more. */
  readonly cancel: () => void;
  readonly clearFault: () => void;
}

/** Counts what was asked for; what a page that was left had asked for is not the newest any more. */
function useTurns(): { current: number } {
  const newest = useRef(0);
  useEffect(
    () => () => {
      newest.current += 1;
    },
    [],
  );
  return newest;
}

/**
 * What is captured now. Of what is asked for while devices are still being waited for, the last counts: a microphone
 * that was switched off meanwhile is not heard. `onEnded` is called when it ends by itself: a cable, or the screen's
 * own button.
 */
function useCapture(onEnded: () => void): Capture {
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [fault, setFault] = useState<CaptureFault | null>(null);
  const [isAsking, setAsking] = useState(false);
  const held = useRef<MediaStream | null>(null);
  const newest = useTurns();
  /** Ends when nothing is being asked for. */
  const asked = useRef(Promise.resolve());
  const hold = (next: MediaStream | null): void => {
    const before = held.current;
    held.current = next;
    setStream(next);
    if (before !== next) release(before);
  };
  const acquireNow = async (
    turn: number,
    wantedPicture: PictureChoice,
    wantedSound: SoundChoice,
    use: (next: MediaStream) => void | Promise<void>,
  ): Promise<void> => {
    if (turn !== newest.current) return;
    try {
      const next = await capture(wantedPicture, wantedSound);
      if (turn !== newest.current) {
        release(next);
        return;
      }
      for (const track of next.getTracks()) {
        // The person ended the sharing of the screen, or pulled the plug.
        track.addEventListener('ended', () => {
          if (held.current !== next) return;
          onEnded();
          hold(null);
        });
      }
      await use(next);
      hold(next);
    } catch (error) {
      if (turn === newest.current) setFault(error instanceof CaptureError ? error.fault : 'unknown');
    } finally {
      if (turn === newest.current) setAsking(false);
    }
  };
  const acquire: Capture['acquire'] = async (...wanted) => {
    newest.current += 1;
    const turn = newest.current;
    setAsking(true);
    setFault(null);
    asked.current = asked.current.then(async () => acquireNow(turn, ...wanted));
    await asked.current;
  };
  const cancel = (): void => {
    newest.current += 1;
    setAsking(false);
  };
  return { stream, fault, isAsking, held, acquire, hold, cancel, clearFault: () => setFault(null) };
}

export interface Publishing {
  readonly state: PublisherState;
  readonly stats: PublishStats | undefined;
  readonly devices: Devices;
  /** What is captured, to be shown; `null` while nothing is. */
  readonly stream: MediaStream | null;
  readonly fault: CaptureFault | null;
  readonly picture: PictureChoice;
  readonly sound: SoundChoice;
  /** The person is being asked for the devices. */
  readonly isAsking: boolean;
  readonly choose: (picture: PictureChoice, sound: SoundChoice) => void;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Captures what was chosen and publishes it to a camera, until the page is left. */
export function usePublishing(cameraId: string): Publishing {
  const [publisher] = useState(() => new WhipPublisher({ cameraId }));
  const [state, setState] = useState(publisher.state);
  const { stream, fault, isAsking, held, acquire, hold, cancel, clearFault } = useCapture(() =>
    publisher.stop(),
  );
  const [picture, setPicture] = useState<PictureChoice>({ from: 'camera', deviceId: '' });
  const [sound, setSound] = useState<SoundChoice>({ from: 'microphone', deviceId: '' });
  useEffect(() => publisher.onState(setState), [publisher]);
  useEffect(
    () => () => {
      publisher.stop();
      release(held.current);
    },
    [publisher, held],
  );
  return {
    state,
    stats: useStats(publisher, state.name === 'live'),
    devices: useDevices(stream),
    stream,
    fault,
    picture,
    sound,
    isAsking,
    choose: (nextPicture, nextSound) => {
      setPicture(nextPicture);
      setSound(nextSound);
      clearFault();
      if (held.current === null && !isAsking) return;
      void acquire(nextPicture, nextSound, async (next) => {
        if (held.current === null) publisher.start(next);
        else await publisher.change(next);
      });
    },
    start: () => void acquire(picture, sound, (next) => publisher.start(next)),
    stop: () => {
      cancel();
      publisher.stop();
      hold(null);
    },
  };
}
