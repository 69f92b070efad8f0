import type {
  CameraChange,
  CameraConfiguration,
  CameraTestChange,
  NewCamera,
  NewCameraTest,
} from '@vedette/contract';

/** Everything that can be set, `null` where there is nothing. */
type Settings = { [Key in keyof CameraChange]-?: Exclude<CameraChange[Key], undefined> };
type Rendition = NonNullable<NewCamera['renditions']>[number];

/** A smaller version as it is typed in. */
export interface RenditionDraft {
  readonly height: string;
  /** In kbit/s. */
  readonly bitrate: string;
  /** Empty: all pictures. */
  readonly frameRate: string;
  /** Has no field, and stays. */
  readonly name?: string | undefined;
}

/** A camera as it is typed in: nothing of it has to be right yet. */
export interface CameraDraft {
  /** Somebody sends it here; there is no address then. */
  readonly isPublished: boolean;
  readonly source: string;
  readonly name: string;
  /** `null`: the one that is proposed. */
  readonly id: string | null;
  readonly transport: CameraConfiguration['transport'];
  readonly tlsFingerprint: string;
  readonly tlsInsecure: boolean;
  readonly sub: string;
  readonly renditionsHow: 'usual' | 'none' | 'own';
  readonly renditions: readonly RenditionDraft[];
  readonly onDemand: boolean;
  readonly overridePublisher: boolean;
}

export const NEW_DRAFT: CameraDraft = {
  isPublished: false,
  source: '',
  name: '',
  id: null,
  transport: 'auto',
  tlsFingerprint: '',
  tlsInsecure: false,
  sub: '',
  renditionsHow: 'usual',
  renditions: [],
  onDemand: false,
  overridePublisher: true,
};

/** What is a usual first one. */
export const NEW_RENDITION: RenditionDraft = { height: '480', bitrate: '800', frameRate: '' };

const PUBLISH = 'publish';

function renditionDraft({ height, bitrate, frameRate, name }: Rendition): RenditionDraft {
  return {
    height: String(height),
    bitrate: String(bitrate / 1000),
    frameRate: frameRate === undefined ? '' : String(frameRate),
    name,
  };
}

/** A camera that is there, to be changed. */
export function draftOf(config: CameraConfiguration): CameraDraft {
  const { renditions, source } = config;
  const isPublished = source === PUBLISH;
  return {
    isPublished,
    source: isPublished ? '' : source,
    name: config.name ?? '',
    id: config.id,
    transport: config.transport,
    tlsFingerprint: config.tlsFingerprint ?? '',
    tlsInsecure: config.tlsInsecure,
    sub: config.sources.sub ?? '',
    renditionsHow: renditions === null ? 'usual' : renditions.length === 0 ? 'none' : 'own',
    renditions: (renditions ?? []).map(renditionDraft),
    onDemand: config.onDemand,
    overridePublisher: config.overridePublisher,
  };
}

/** Its address, as the API takes it. */
export function sourceOf({ isPublished, source }: CameraDraft): string {
  return isPublished ? PUBLISH : source.trim();
}

function renditionsOf({ renditionsHow, renditions }: CameraDraft): Rendition[] | null {
  if (renditionsHow === 'usual') return null;
  if (renditionsHow === 'none') return [];
  return renditions.map(({ height, bitrate, frameRate, name }) => ({
    height: Number(height),
    bitrate: Math.round(Number(bitrate) * 1000),
    ...(frameRate === '' ? {} : { frameRate: Number(frameRate) }),
    ...(name === undefined ? {} : { name }),
  }));
}

/** What somebody typed, or nothing. */
function textOf(typed: string): string | null {
  const text = typed.trim();
  return text === '' ? null : text;
}

/** All of it, where nothing is there yet or everything may change. */
function settingsOf(draft: CameraDraft): Settings {
  const sub = draft.isPublished ? null : textOf(draft.sub);
  return {
    source: sourceOf(draft),
    name: textOf(draft.name),
    transport: draft.transport,
    tlsFingerprint: textOf(draft.tlsFingerprint),
    tlsInsecure: draft.tlsInsecure,
    sources: sub === null ? null : { sub },
    renditions: renditionsOf(draft),
    onDemand: draft.onDemand,
    overridePublisher: draft.overridePublisher,
  };
}

export function newCameraOf(draft: CameraDraft, id: string): NewCamera {
  const { name, tlsFingerprint, sources, renditions, ...rest } = settingsOf(draft);
  return {
    id,
    ...rest,
    ...(name === null ? {} : { name }),
    ...(tlsFingerprint === null ? {} : { tlsFingerprint }),
    ...(sources === null ? {} : { sources }),
    ...(renditions === null ? {} : { renditions }),
  };
}

export function cameraChangeOf(draft: CameraDraft): CameraChange {
  return settingsOf(draft);
}

/** What a test of a camera that is not there yet needs. */
export function newTestOf(draft: CameraDraft): NewCameraTest {
  const { source, transport, tlsFingerprint, tlsInsecure } = settingsOf(draft);
  return { source, transport, tlsInsecure, ...(tlsFingerprint === null ? {} : { tlsFingerprint }) };
}

/** The same of one that is there. */
export function changedTestOf(draft: CameraDraft): CameraTestChange {
  const { source, transport, tlsFingerprint, tlsInsecure } = settingsOf(draft);
  return { source, transport, tlsFingerprint, tlsInsecure };
}
