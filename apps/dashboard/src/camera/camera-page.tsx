import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { Camera } from '@vedette/contract';
import { ArrowLeft, CameraOff, CodeXml, PanelRightClose, PanelRightOpen, Share2, Webcam } from 'lucide-react';
import { lazy, Suspense, useRef, useState, type CSSProperties, type ReactNode } from 'react';
import { PRIMARY_LINK } from '../ui/link-looks.ts';
import { useMayShare, useMayWith } from '../account/use-account.ts';
import { useCamera, useCameras } from '../cameras/use-cameras.ts';
import { messages } from '../messages/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { useIsWall } from '../ui/full-screen.ts';
import { useKeys } from '../ui/use-keys.ts';
import { useTitle } from '../ui/use-title.ts';
import { absoluteUrls } from '../viewer/addresses.ts';
import { CameraViewer } from '../viewer/camera-viewer.tsx';
import { actByKey, type ViewerActions } from '../viewer/viewer-actions.ts';
import { CameraDetails } from './camera-details.tsx';
import { areDetailsOpen, rememberDetails } from './details-preference.ts';
import { EmbedDialog } from './embed-dialog.tsx';

const words = messages.camera;

/** With the settings, from which it comes: few who watch share. */
const NewLinkDialog = lazy(async () => ({
  default: (await import('../settings/links/new-link-dialog.tsx')).NewLinkDialog,
}));

function Missing({ cameraId }: { cameraId: string }): ReactNode {
  return (
    <EmptyState icon={CameraOff} title={words.missing(cameraId)} text={words.missingText}>
      <Link to="/" className={PRIMARY_LINK}>
        {words.back}
      </Link>
    </EmptyState>
  );
}

/** Left and right go round the cameras, Escape goes back; the picture's own keys work everywhere. */
function useCameraKeys(cameraId: string, viewer: { readonly current: ViewerActions | null }): void {
  const navigate = useNavigate();
  const { data: ids = [] } = useCameras((cameras) => cameras.map(({ id }) => id));
  useKeys((key) => {
    if (key === 'Escape') {
      if (document.fullscreenElement !== null) return false;
      void navigate({ to: '/' });
      return true;
    }
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step === undefined) return actByKey(key, viewer.current);
    const next = ids.at((ids.indexOf(cameraId) + step) % ids.length);
    if (next !== undefined)
      void navigate({ to: '/live/$cameraId', params: { cameraId: next }, replace: true });
    return true;
  });
}

interface HeaderProps {
  readonly cameraId: string;
  readonly name: string;
  readonly takesPublishers: boolean;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function ShareButton({ cameraId }: { readonly cameraId: string }): ReactNode {
  const [isSharing, setSharing] = useState(false);
  if (!useMayShare(cameraId)) return null;
  return (
    <>
      <Button aria-label={words.share} onClick={() => setSharing(true)}>
        <Share2 size={16} aria-hidden />
        <span className="max-md:hidden">{words.share}</span>
      </Button>
      {isSharing && (
        <Suspense>
          <NewLinkDialog cameraId={cameraId} onClose={() => setSharing(false)} />
        </Suspense>
      )}
    </>
  );
}

function CameraHeader({ cameraId, name, takesPublishers, isOpen, onToggle }: HeaderProps): ReactNode {
  const [isEmbedding, setEmbedding] = useState(false);
  const mayPublish = useMayWith(cameraId, 'publish');
  return (
    <header className="flex h-[var(--bar)] shrink-0 items-center gap-2 px-4 md:pl-2">
      <Link
        to="/"
        aria-label={words.back}
        className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-10"
      >
        <ArrowLeft size={18} strokeWidth={1.75} aria-hidden />
      </Link>
      <h1 className="min-w-0 flex-1 truncate text-title font-semibold">{name}</h1>
      {takesPublishers && mayPublish && (
        <Link
          to="/publish/$cameraId"
          params={{ cameraId }}
          aria-label={messages.publish.action}
          className="inline-flex h-8 shrink-0 items-center gap-2 rounded-md bg-hover px-3 font-medium hover:bg-line pointer-coarse:h-10"
        >
          <Webcam size={16} aria-hidden />
          <span className="max-md:hidden">{messages.publish.action}</span>
        </Link>
      )}
      <ShareButton cameraId={cameraId} />
      <CopyButton text={absoluteUrls(cameraId).page} label={words.copyLink} />
      <Button className="max-sm:hidden" onClick={() => setEmbedding(true)}>
        <CodeXml size={16} aria-hidden />
        {words.embed}
      </Button>
      <IconButton
        icon={isOpen ? PanelRightClose : PanelRightOpen}
        label={isOpen ? words.hideDetails : words.details}
        side="bottom"
        aria-pressed={isOpen}
        className="max-lg:hidden"
        onClick={onToggle}
      />
      <EmbedDialog cameraId={cameraId} name={name} isOpen={isEmbedding} onOpenChange={setEmbedding} />
    </header>
  );
}

/** Gives the picture all the room there is, in its own shape. */
function Stage({ camera, children }: { camera: Camera | undefined; children: ReactNode }): ReactNode {
  const { width = 16, height = 9 } = camera?.tracks.find(({ kind }) => kind === 'video') ?? {};
  return (
    <div
      className="shrink-0 lg:grid lg:min-w-0 lg:flex-1 lg:place-items-center lg:[container-type:size]"
      style={{ '--aspect': width / height } as CSSProperties}
    >
      <div className="mx-auto aspect-[var(--aspect)] w-[min(100%,calc((100dvh-100px)*var(--aspect)))] lg:w-[min(100cqw,calc(100cqh*var(--aspect)))]">
        {children}
      </div>
    </div>
  );
}

/** One camera: the picture, and beside or below it what is known of it. */
function CameraView({ cameraId }: { cameraId: string }): ReactNode {
  const viewer = useRef<ViewerActions>(null);
  const { camera, isMissing } = useCamera(cameraId);
  const [isOpen, setOpen] = useState(areDetailsOpen);
  const isWall = useIsWall();
  const name = camera?.name ?? cameraId;
  useTitle(name);
  useCameraKeys(cameraId, viewer);
  if (isMissing) return <Missing cameraId={cameraId} />;
  const toggle = (): void => {
    rememberDetails(!isOpen);
    setOpen(!isOpen);
  };
  return (
    <div className="flex h-full flex-col">
      {!isWall && (
        <CameraHeader
          cameraId={cameraId}
          name={name}
          takesPublishers={camera?.source === 'publish'}
          isOpen={isOpen}
          onToggle={toggle}
        />
      )}
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto lg:flex-row lg:overflow-hidden">
        <Stage camera={camera}>
          <CameraViewer ref={viewer} cameraId={cameraId} look="page" />
        </Stage>
        {camera !== undefined && !isWall && (
          <CameraDetails camera={camera} className={isOpen ? '' : 'lg:hidden'} />
        )}
      </div>
    </div>
  );
}

/** `/live/CAM`: to link to, and with `?embed=1` to put into a frame. */
export function CameraPage(): ReactNode {
  const { cameraId } = useParams({ from: '/live/$cameraId' });
  const { embed } = useSearch({ from: '/live/$cameraId' });
  return embed === undefined ? (
    <CameraView key={cameraId} cameraId={cameraId} />
  ) : (
    <EmbeddedCamera key={cameraId} cameraId={cameraId} />
  );
}

function EmbeddedCamera({ cameraId }: { cameraId: string }): ReactNode {
  const viewer = useRef<ViewerActions>(null);
  const { camera } = useCamera(cameraId);
  useTitle(camera?.name ?? cameraId);
  useKeys((key) => actByKey(key, viewer.current));
  return <CameraViewer ref={viewer} cameraId={cameraId} look="page" />;
}
