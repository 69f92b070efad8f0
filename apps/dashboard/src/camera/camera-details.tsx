import { codecLabel } from '@vedette/client';
import type { Camera, TrackInfo } from '@vedette/contract';
import type { ReactNode } from 'react';
import { useMay } from '../account/use-account.ts';
import { formatBitrate, formatFrameRate } from '../format/format.ts';
import { messages } from '../messages/index.ts';
import { CameraPushes } from '../pushes/camera-pushes.tsx';
import { classNames } from '../ui/class-names.ts';
import { CopyIconButton } from '../ui/copy-button.tsx';
import { absoluteUrls } from '../viewer/addresses.ts';
import { useRtspAddress } from '../viewer/use-rtsp-address.ts';

const words = messages.camera;

function Section({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <section className="px-5 py-4">
      <h2 className="mb-2 text-small font-medium text-muted">{title}</h2>
      {children}
    </section>
  );
}

type Fact = readonly [label: string, value: string | undefined];

function Facts({ facts }: { facts: readonly Fact[] }): ReactNode {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      {facts.map(
        ([label, value]) =>
          value !== undefined && (
            <div key={label} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="min-w-0 text-right break-words">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** Sources that are no address. */
const SOURCES: Readonly<Record<string, string>> = { publish: words.publisher, 'demo:': words.demo };

function trackFacts(track: TrackInfo): readonly Fact[] {
  const { codec, profile, width, height, frameRate, sampleRate, channels } = track;
  const size = width === undefined || height === undefined ? undefined : `${width}×${height}`;
  return [
    [words.codec, codecLabel(codec)],
    [words.profile, profile],
    [words.resolution, size],
    [words.frameRate, frameRate === undefined ? undefined : formatFrameRate(frameRate)],
    [words.sampleRate, sampleRate === undefined ? undefined : `${sampleRate / 1000} kHz`],
    [words.channels, channels === undefined ? undefined : words.channelNames(channels)],
  ];
}

function Tracks({ tracks }: { tracks: readonly TrackInfo[] }): ReactNode {
  if (tracks.length === 0) return <p className="text-muted">{words.noTracks}</p>;
  return tracks.map((track, index) => (
    // Tracks have no id; their order is theirs.
    <div key={index} className="not-first:mt-4">
      <h3 className="mb-1 font-medium">{words[track.kind]}</h3>
      <Facts facts={trackFacts(track)} />
      {track.hasReorderedPictures === true && <p className="mt-1 text-small text-muted">{words.reordered}</p>}
    </div>
  ));
}

function Addresses({ cameraId }: { cameraId: string }): ReactNode {
  const urls = absoluteUrls(cameraId);
  const rtsp = useRtspAddress(cameraId);
  const others = { hls: urls.hls, whep: urls.whep, snapshot: urls.snapshot };
  const all: Partial<Record<keyof typeof words.addressHints, string>> =
    rtsp === undefined ? others : { rtsp, ...others };
  const entries = Object.entries(all) as [keyof typeof words.addressHints, string][];
  return (
    <ul className="-mr-2 flex flex-col gap-3">
      {entries.map(([kind, address]) => (
        <li key={kind} className="flex items-center gap-1">
          <div className="min-w-0 flex-1">
            <div className="flex gap-2">
              <span>{words.addressNames[kind]}</span>
              <span className="min-w-0 truncate text-muted">{words.addressHints[kind]}</span>
            </div>
            <div className="truncate font-mono text-small text-muted select-all" title={address}>
              {address}
            </div>
          </div>
          <CopyIconButton text={address} label={`${messages.copy.do}: ${words.addressNames[kind]}`} />
        </li>
      ))}
    </ul>
  );
}

/** What is known of a camera, and where other players find it. */
export function CameraDetails({ camera, className }: { camera: Camera; className: string }): ReactNode {
  const { id, source, tracks, viewers, bitrate, frameRate } = camera;
  const maySeePushes = useMay('monitor');
  return (
    <aside
      aria-label={words.details}
      className={classNames(
        'divide-y divide-line lg:w-[var(--details)] lg:shrink-0 lg:overflow-y-auto',
        className,
      )}
    >
      <Section title={words.now}>
        <Facts
          facts={[
            [words.viewers, String(viewers)],
            [words.bitrate, bitrate > 0 ? formatBitrate(bitrate) : messages.statistics.unknown],
            [words.frameRate, frameRate > 0 ? formatFrameRate(frameRate) : messages.statistics.unknown],
            [words.source, SOURCES[source] ?? source],
          ]}
        />
      </Section>
      <Section title={words.tracks}>
        <Tracks tracks={tracks} />
      </Section>
      <Section title={words.addresses}>
        <Addresses cameraId={id} />
      </Section>
      {maySeePushes && (
        <Section title={messages.pushes.title}>
          <CameraPushes cameraId={id} />
        </Section>
      )}
    </aside>
  );
}
