import { z } from 'zod';
import { instant } from './camera.ts';

/** How what was done ended. */
export const AUDIT_RESULTS = ['ok', 'refused', 'failed'] as const;
export const auditResult = z.enum(AUDIT_RESULTS).meta({
  description: 'refused: he may not, or did not prove who he is. failed: he may, and it could not be done',
});
export type AuditResult = z.infer<typeof auditResult>;

/** Who did something. */
export const auditActor = z
  .object({
    kind: z
      .enum(['nobody', 'everybody', 'user', 'apiKey', 'streamToken', 'shareLink', 'publishKey', 'outside'])
      .meta({
        description: 'nobody: has not proven who he is; everybody: access is open, or the program itself',
      }),
    id: z.string().meta({ description: 'Of the user, key, token or link; empty where there is none' }),
    name: z
      .string()
      .meta({ description: 'erased-… where the data of the person was erased', example: 'mai' }),
  })
  .meta({ id: 'AuditActor' });
export type AuditActor = z.infer<typeof auditActor>;

/** One thing that was done. */
export const auditRecord = z
  .object({
    seq: z.int().min(1).meta({ description: 'Place in the log, without gaps' }),
    at: instant,
    actor: auditActor,
    action: z.string().meta({ description: 'What was done: thing.verb', example: 'view.started' }),
    cameraId: z.string().nullable(),
    target: z.string().nullable().meta({ description: 'What else it was done to: a user, a token, a key' }),
    address: z.string().meta({ description: 'Where from; empty: by the program itself, or erased' }),
    userAgent: z.string(),
    result: auditResult,
    detail: z.record(z.string(), z.unknown()).meta({ description: 'Before and after, reasons' }),
    hash: z.string().meta({ description: 'SHA-256 over this entry and the hash before, base64url' }),
  })
  .meta({ id: 'AuditRecord' });
export type AuditRecord = z.infer<typeof auditRecord>;

/** Newest first. */
export const auditPage = z
  .object({ items: z.array(auditRecord), nextCursor: z.string().nullable() })
  .meta({ id: 'AuditPage' });
export type AuditPage = z.infer<typeof auditPage>;

const filterText = z.string().min(1).max(200);

/** Which entries: all that fit every filter given. */
export const auditFilter = z.object({
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Done at this moment or later' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Done before this moment' }),
  actor: filterText.optional().meta({ description: 'Beginning of the name, or the whole id, of who did it' }),
  action: filterText
    .optional()
    .meta({ description: 'Beginning of the action, e.g. login. for all about logins', example: 'login.' }),
  camera: filterText.optional().meta({ description: 'Id of the camera' }),
  result: auditResult.optional(),
  address: filterText.optional().meta({ description: 'Beginning of the address', example: '192.168.1.' }),
});
export type AuditFilter = z.infer<typeof auditFilter>;

/** Query of `GET /api/v1/audit/export`. */
export const auditExportQuery = auditFilter.extend({
  format: z
    .enum(['csv', 'json'])
    .default('csv')
    .meta({ description: 'json: one JSON object a line (application/x-ndjson)' }),
});

/** What is wrong with an entry. */
export const AUDIT_FAULTS = ['changed', 'removed', 'inserted', 'reordered', 'unsigned'] as const;

/** Whether the log is still what was written. */
export const auditVerification = z
  .discriminatedUnion('state', [
    z.object({
      state: z.literal('intact'),
      entries: z.int().min(0).meta({ description: 'How many were checked' }),
      firstSeq: z.int().nullable(),
      lastSeq: z.int().nullable(),
    }),
    z.object({
      state: z.literal('broken'),
      entries: z.int().min(0).meta({ description: 'How many before it are intact' }),
      seq: z.int().meta({ description: 'The first entry that is not as it was written' }),
      fault: z.enum(AUDIT_FAULTS),
      message: z.string(),
    }),
  ])
  .meta({ id: 'AuditVerification' });
export type AuditVerification = z.infer<typeof auditVerification>;
