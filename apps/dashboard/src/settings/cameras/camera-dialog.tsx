import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Camera, CameraConfiguration } from '@vedette/contract';
import { FileText, Radio } from 'lucide-react';
import type { ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { upsertCamera } from '../../cameras/use-cameras.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Complaint } from '../../ui/complaint.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { cameraChangeOf, draftOf, type CameraDraft } from './camera-draft.ts';
import { CameraForm } from './camera-form.tsx';

const words = setupMessages.cameras;
const { facts } = words;

const configKey = (id: string): readonly string[] => ['camera-config', id];

function renditionWords(renditions: CameraConfiguration['renditions']): string {
  if (renditions === null) return facts.usual;
  if (renditions.length === 0) return facts.none;
  return renditions
    .map(({ name, height, bitrate }) => `${name ?? `${height}p`} (${bitrate / 1000} kbit/s)`)
    .join(', ');
}

const orNone = (ids: readonly string[]): string => (ids.length === 0 ? facts.none : ids.join(', '));
const yesNo = (is: boolean): string => (is ? facts.yes : facts.no);

/** A camera that is changed elsewhere: what is set for it, and where that stands. */
function ReadOnly({ config }: { readonly config: CameraConfiguration }): ReactNode {
  const isFile = config.managedBy === 'file';
  const Icon = isFile ? FileText : Radio;
  const ofFile = config.source === 'demo:' ? words.fromDemo : words.fromFile;
  const rows: readonly (readonly [string, string | null])[] = [
    [facts.id, config.id],
    [facts.source, config.source],
    [facts.sub, config.sources.sub],
    [facts.transport, words.form.transports[config.transport]],
    [facts.onDemand, yesNo(config.onDemand)],
    [facts.tlsFingerprint, config.tlsFingerprint],
    [facts.tlsInsecure, yesNo(config.tlsInsecure)],
    [facts.renditions, renditionWords(config.renditions)],
    [facts.groups, orNone(config.groups)],
    [facts.zones, orNone(config.zones)],
  ];
  return (
    <div className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
      <p className="flex items-start gap-2 rounded-md border border-line p-3">
        <Icon size={16} aria-hidden className="mt-0.5 shrink-0 text-muted" />
        {isFile ? ofFile : words.fromPublisher}
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {rows.map(
          ([label, value]) =>
            value !== null && (
              <div key={label} className="contents">
                <dt className="text-muted">{label}</dt>
                <dd className="min-w-0 break-words">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </div>
  );
}

function EditForm({
  config,
  onClose,
}: {
  readonly config: CameraConfiguration;
  readonly onClose: () => void;
}): ReactNode {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async (draft: CameraDraft) =>
      api.send<Camera>('PATCH', `/api/v1/cameras/${config.id}`, cameraChangeOf(draft)),
    onSuccess: (camera) => {
      upsertCamera(client, camera);
      onClose();
    },
  });
  return (
    <CameraForm
      initial={draftOf(config)}
      cameraId={config.id}
      hasSecrets={config.hasSecrets}
      isSaving={isPending}
      error={error}
      onSave={(draft) => mutate(draft)}
    />
  );
}

/** The settings of one camera: to be changed where that is done here, else to be read. */
export function CameraDialog({
  camera: { id, name },
  onClose,
}: {
  readonly camera: Camera;
  readonly onClose: () => void;
}): ReactNode {
  const { data: config, error } = useQuery({
    queryKey: configKey(id),
    queryFn: async ({ signal }) => api.get<CameraConfiguration>(`/api/v1/cameras/${id}/config`, signal),
    // What is edited has to be what is there now.
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={name}
      className="top-[6vh] max-h-[88vh]"
    >
      {config === undefined && (
        <div className="px-5 pb-5">
          {error === null && <p className="text-muted">{messages.loading}</p>}
          <Complaint error={error} />
        </div>
      )}
      {config?.managedBy === 'api' && <EditForm config={config} onClose={onClose} />}
      {config !== undefined && config.managedBy !== 'api' && <ReadOnly config={config} />}
    </Dialog>
  );
}
