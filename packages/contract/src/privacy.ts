import { z } from 'zod';
import { auditRecord } from './audit.ts';
import { instant } from './camera.ts';

const moment = instant.nullable();

/** Everything that is kept about one person. Nothing secret: no password, no hash, no key. */
export const userData = z
  .object({
    exportedAt: instant,
    profile: z.object({
      id: z.string(),
      name: z.string(),
      displayName: z.string(),
      role: z.string(),
      plan: z.string(),
      disabled: z.boolean(),
      hasPassword: z.boolean(),
      hasTotp: z.boolean(),
      singleSignOn: z.string().nullable().meta({ description: 'Issuer and subject' }),
      grants: z.array(z.unknown()),
      createdAt: instant,
      updatedAt: instant,
      lastLoginAt: moment,
    }),
    webSessions: z.array(
      z.object({
        id: z.string(),
        createdAt: instant,
        lastSeenAt: instant,
        expiresAt: instant,
        address: z.string(),
        userAgent: z.string(),
      }),
    ),
    apiLogins: z
      .array(z.object({ createdAt: instant, expiresAt: instant, usedAt: moment, revokedAt: moment }))
      .meta({ description: 'Refresh tokens' }),
    apiKeys: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        createdAt: instant,
        lastUsedAt: moment,
        revokedAt: moment,
      }),
    ),
    publishKeys: z.array(
      z.object({
        id: z.string(),
        cameraId: z.string(),
        name: z.string(),
        createdAt: instant,
        revokedAt: moment,
      }),
    ),
    streamTokens: z.array(
      z.object({
        id: z.string(),
        cameraId: z.string(),
        address: z.string().nullable(),
        createdAt: instant,
        expiresAt: instant,
        revokedAt: moment,
      }),
    ),
    shareLinks: z.array(
      z.object({
        id: z.string(),
        cameraId: z.string(),
        name: z.string(),
        createdAt: instant,
        expiresAt: instant,
        revokedAt: moment,
      }),
    ),
    cameras: z.array(z.string()).meta({ description: 'Ids of the cameras that they added' }),
    audit: z
      .array(auditRecord)
      .meta({ description: 'What they did, and what was done to them; newest first, at most 100,000' }),
  })
  .meta({ id: 'UserData' });
export type UserData = z.infer<typeof userData>;

/** What was erased. */
export const erasure = z
  .object({
    id: z.string(),
    pseudonym: z.string().meta({ description: 'What stands in the audit log in place of the name' }),
    auditEntries: z.int().min(0).meta({ description: 'Entries of the audit log that named the person' }),
  })
  .meta({ id: 'Erasure' });
export type Erasure = z.infer<typeof erasure>;
