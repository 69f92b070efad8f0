import { codecLabel } from '@vedette/client';
import type { CameraTest, SourceReport, SourceTrack } from '@vedette/contract';
import { CircleAlert, CircleCheck, LoaderCircle, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { formatBitrate, formatFrameRate, formatMilliseconds } from '../../format/format.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';

const words = setupMessages.cameras.test;
const FINGERPRINT = /(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/i;

/** A track in one line: what a person would want to know of it. */
function trackWords(track: SourceTrack): string {
  const { codec, profile, width, height, sampleRate, channels, measuredFrameRate, frameRate, bitrate } =
    track;
  const rate = measuredFrameRate ?? frameRate;
  return [
    [codecLabel(codec), profile].filter((part) => part !== undefined).join(' '),
    width === undefined || height === undefined ? undefined : `${width}×${height}`,
    rate === undefined ? undefined : formatFrameRate(rate),
    sampleRate === undefined ? undefined : `${sampleRate / 1000} kHz`,
    channels === undefined ? undefined : messages.camera.channelNames(channels).toLocaleLowerCase(),
    bitrate > 0 ? formatBitrate(bitrate) : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

function Sent({ report }: { readonly report: SourceReport }): ReactNode {
  const { tracks, unsupported, warnings, firstUnitMs } = report;
  const hasAudio = tracks.some(({ kind }) => kind === 'audio');
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line p-3">
      <p className="flex items-center gap-2 font-medium">
        <CircleCheck size={16} aria-hidden className="text-ok" />
        {words.ok}
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {tracks.map((track, index) => (
          // Tracks have no id; their order is theirs.
          <div key={index} className="contents">
            <dt className="text-muted">{words[track.kind]}</dt>
            <dd className="min-w-0 break-words">{trackWords(track)}</dd>
          </div>
        ))}
        {!hasAudio && (
          <div className="contents">
            <dt className="text-muted">{words.audio}</dt>
            <dd>{words.noAudio}</dd>
          </div>
        )}
      </dl>
      {unsupported.map(({ encoding }) => (
        <p key={encoding} className="text-small text-muted">
          {words.notCarried(encoding)}
        </p>
      ))}
      {warnings.map(({ code, message }) => (
        <p key={code} className="flex items-start gap-2 text-small">
          <TriangleAlert size={14} aria-hidden className="mt-0.5 shrink-0 text-warn" />
          {message}
        </p>
      ))}
      <p className="text-small text-muted">{words.first(formatMilliseconds(firstUnitMs))}</p>
    </div>
  );
}

function Fault({
  fault: { code, message },
  onTrust,
}: {
  readonly fault: Extract<CameraTest, { ok: false }>;
  readonly onTrust: (fingerprint: string) => void;
}): ReactNode {
  const hint = words.hints[code] ?? messages.hints[code];
  const [fingerprint] = code.startsWith('ERR_TLS_') ? (FINGERPRINT.exec(message) ?? []) : [];
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line p-3">
      <p className="flex items-center gap-2 font-medium">
        <CircleAlert size={16} aria-hidden className="text-bad" />
        {words.failed}
      </p>
      <p className="break-words">{message}</p>
      {hint !== undefined && <p className="text-muted">{hint}</p>}
      {fingerprint !== undefined && (
        <div>
          <Button onClick={() => onTrust(fingerprint)}>{words.trust}</Button>
        </div>
      )}
    </div>
  );
}

export interface TestResultProps {
  readonly isRunning: boolean;
  /** `undefined`: not of what stands in the form now. */
  readonly test: CameraTest | undefined;
  readonly onTrust: (fingerprint: string) => void;
}

/** What a look at the camera has shown. */
export function TestResult({ isRunning, test, onTrust }: TestResultProps): ReactNode {
  const region = useRef<HTMLDivElement>(null);
  const isThere = isRunning || test !== undefined;
  useEffect(() => {
    if (isThere) region.current?.scrollIntoView({ block: 'nearest' });
  }, [isThere, isRunning]);
  return (
    <div ref={region} role="status" className={isThere ? '' : 'sr-only'}>
      {isRunning && (
        <p className="flex items-center gap-2 text-muted">
          <LoaderCircle size={16} aria-hidden className="spin" />
          {words.running}
        </p>
      )}
      {!isRunning && test?.ok === true && <Sent report={test.report} />}
      {!isRunning && test?.ok === false && <Fault fault={test} onTrust={onTrust} />}
    </div>
  );
}
