import { z } from 'zod';
import { setName } from './access.ts';
import { cameraId, instant } from './camera.ts';
import { cameraSettings } from './config.ts';
import { isFromFileOnly, sourceAddress } from './source-address.ts';
import { sourceReport } from './source-report.ts';

/** An address that may be set by the API: none that runs programs or reads files of the machine. */
export const apiSourceAddress = sourceAddress.refine((address) => !isFromFileOnly(address), {
  error: 'this kind of address may stand in the configuration file only',
});

const subSource = z.strictObject({
  sub: apiSourceAddress.refine((address) => address !== 'publish', 'must be an address').optional(),
});

/** What is set for a camera: as in `vedette.yml`, but for pushes, groups and zones, which have routes of their own. */
const settings = cameraSettings.extend({ source: apiSourceAddress, sources: subSource.optional() });

/** Body of `POST /api/v1/cameras`. */
export const newCamera = settings.extend({ id: cameraId }).meta({ id: 'NewCamera' });
export type NewCamera = z.input<typeof newCamera>;

const { name, tlsFingerprint, sources, renditions, transport, tlsInsecure, onDemand, overridePublisher } =
  settings.shape;

/**
 * Body of `PATCH /api/v1/cameras/{id}`: what is absent stays, `null` takes away. An address that is sent as
 * `GET /api/v1/cameras/{id}/config` showed it keeps its user, password and query.
 */
export const cameraChange = z
  .strictObject({
    source: apiSourceAddress.optional(),
    name: name.nullable(),
    tlsFingerprint: tlsFingerprint.nullable(),
    sources: sources.nullable(),
    renditions: renditions.nullable(),
    transport: transport.unwrap().optional(),
    tlsInsecure: tlsInsecure.unwrap().optional(),
    onDemand: onDemand.unwrap().optional(),
    overridePublisher: overridePublisher.unwrap().optional(),
  })
  .meta({ id: 'CameraChange' });
export type CameraChange = z.infer<typeof cameraChange>;

/** Answer of `GET /api/v1/cameras/{id}/config`. */
export const cameraConfiguration = z
  .object({
    id: cameraId,
    managedBy: z
      .enum(['file', 'api', 'publisher'])
      .meta({ description: 'Only those of the API can be changed by it' }),
    source: z.string().meta({ description: 'Without user, password and query' }),
    hasSecrets: z.boolean().meta({ description: 'Whether the address holds more than is shown' }),
    sources: z.object({ sub: z.string().nullable(), subHasSecrets: z.boolean() }),
    name: z.string().nullable(),
    transport: transport.unwrap(),
    tlsFingerprint: z.string().nullable(),
    tlsInsecure: z.boolean(),
    renditions: renditions.unwrap().nullable().meta({ description: 'null: those of transcode.renditions' }),
    onDemand: z.boolean(),
    overridePublisher: z.boolean(),
    groups: z.array(setName),
    zones: z.array(setName),
    createdAt: instant.nullable().meta({ description: 'null: not made by the API' }),
    updatedAt: instant.nullable(),
  })
  .meta({ id: 'CameraConfiguration' });
export type CameraConfiguration = z.infer<typeof cameraConfiguration>;

/** Body of `POST /api/v1/cameras/test`: a source that is not saved (yet). */
export const newCameraTest = settings
  .pick({ source: true, transport: true, tlsFingerprint: true, tlsInsecure: true })
  .meta({ id: 'NewCameraTest' });
export type NewCameraTest = z.input<typeof newCameraTest>;

/** Body of `POST /api/v1/cameras/{id}/test`: what would be changed; what is absent is taken as it is. */
export const cameraTestChange = cameraChange
  .pick({ source: true, transport: true, tlsFingerprint: true, tlsInsecure: true })
  .meta({ id: 'CameraTestChange' });
export type CameraTestChange = z.infer<typeof cameraTestChange>;

/** What a test has shown; takes at most 10 s. */
export const cameraTest = z
  .discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), report: sourceReport }),
    z.object({
      ok: z.literal(false),
      code: z.string().meta({ description: 'Stable code of the fault', example: 'ERR_RTSP_UNAUTHORIZED' }),
      message: z.string().meta({ description: 'One sentence: why, and what to do' }),
    }),
  ])
  .meta({ id: 'CameraTest' });
export type CameraTest = z.infer<typeof cameraTest>;
