import { Link, useParams } from '@tanstack/react-router';
import { ArrowLeft, CameraOff, Cctv, Lock, Mic, VideoOff } from 'lucide-react';
import { useEffect, useRef, type ReactNode } from 'react';
import { PRIMARY_LINK } from '../ui/link-looks.ts';
import { useAccount, useMayWith } from '../account/use-account.ts';
import { useCamera } from '../cameras/use-cameras.ts';
import { messages } from '../messages/index.ts';
import { publishMessages } from '../messages/publish.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { useTitle } from '../ui/use-title.ts';
import { PublishFault, PublishFigures, PublishStateLine } from './publish-status.tsx';
import { SourceChoice } from './source-choice.tsx';
import { usePublishing } from './use-publishing.ts';

const words = publishMessages;

/** What is captured, as others get it: not mirrored, and without its own sound. */
function Preview({ stream }: { stream: MediaStream | null }): ReactNode {
  const video = useRef<HTMLVideoElement>(null);
  const hasPicture = stream !== null && stream.getVideoTracks().length > 0;
  useEffect(() => {
    if (video.current !== null) video.current.srcObject = hasPicture ? stream : null;
  }, [stream, hasPicture]);
  const Icon = stream === null ? VideoOff : Mic;
  return (
    <div className="relative mx-auto aspect-video max-h-[60dvh] w-full max-w-full overflow-hidden rounded-md bg-video">
      <video
        ref={video}
        muted
        autoPlay
        playsInline
        aria-label={words.preview}
        className="size-full object-contain"
      />
      {!hasPicture && (
        <div className="absolute inset-0 flex flex-col items-center justify-center gap-2 px-6 text-center text-on-video-muted">
          <Icon size={28} strokeWidth={1.5} aria-hidden />
          <p className="text-small">{stream === null ? words.noPreview : words.soundOnly}</p>
        </div>
      )}
    </div>
  );
}

function Publisher({ cameraId }: { cameraId: string }): ReactNode {
  const publishing = usePublishing(cameraId);
  const { state, stats, stream, fault, isAsking, devices, picture, sound } = publishing;
  const isOn = state.name === 'connecting' || state.name === 'live' || state.name === 'waiting';
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 pb-8">
      <Preview stream={stream} />
      <SourceChoice devices={devices} picture={picture} sound={sound} onChoose={publishing.choose} />
      <PublishFault state={state} fault={fault} />
      <div className="flex flex-wrap items-center gap-3">
        <Button
          look={isOn ? 'plain' : 'primary'}
          disabled={isAsking}
          onClick={isOn ? publishing.stop : publishing.start}
        >
          {isOn ? words.stop : words.start}
        </Button>
        <PublishStateLine state={state} isAsking={isAsking} />
      </div>
      <PublishFigures stats={stats} />
      <p className="text-small text-muted">{words.keepOpen}</p>
    </div>
  );
}

/** `/publish/CAM`: sends this device's camera, microphone or screen to a camera that takes publishers. */
export function PublishPage(): ReactNode {
  const { cameraId } = useParams({ from: '/publish/$cameraId' });
  const { camera, isMissing } = useCamera(cameraId);
  const isKnown = useAccount() !== undefined;
  const mayPublish = useMayWith(cameraId, 'publish');
  const name = camera?.name ?? cameraId;
  useTitle(words.title(name));
  if (isMissing) {
    return (
      <EmptyState
        icon={CameraOff}
        title={messages.camera.missing(cameraId)}
        text={messages.camera.missingText}
      >
        <Link to="/" className={PRIMARY_LINK}>
          {messages.camera.back}
        </Link>
      </EmptyState>
    );
  }
  if (isKnown && !mayPublish) {
    return (
      <EmptyState icon={Lock} title={messages.states.forbidden} text={words.failures.forbidden}>
        <Link to="/live/$cameraId" params={{ cameraId }} className={PRIMARY_LINK}>
          {words.watch}
        </Link>
      </EmptyState>
    );
  }
  if (camera !== undefined && camera.source !== 'publish') {
    return (
      <EmptyState icon={Cctv} title={words.notPublish(name)} text={words.notPublishText}>
        <Link to="/live/$cameraId" params={{ cameraId }} className={PRIMARY_LINK}>
          {words.watch}
        </Link>
      </EmptyState>
    );
  }
  return (
    <div className="flex h-full flex-col overflow-y-auto">
      <header className="flex h-[var(--bar)] shrink-0 items-center gap-2 px-4 md:pl-2">
        <Link
          to="/live/$cameraId"
          params={{ cameraId }}
          aria-label={words.back(name)}
          className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-10"
        >
          <ArrowLeft size={18} strokeWidth={1.75} aria-hidden />
        </Link>
        <h1 className="min-w-0 flex-1 truncate text-title font-semibold">{words.title(name)}</h1>
      </header>
      <Publisher key={cameraId} cameraId={cameraId} />
    </div>
  );
}
