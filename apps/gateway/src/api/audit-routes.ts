import {
  auditExportQuery,
  auditFilter,
  auditPage,
  auditVerification,
  problem,
  type AuditVerification,
} from '@vedette/contract';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { AuditTrail } from '../access/audit-entry.ts';
import { type AuditReader, seqOfCursor } from '../access/audit/audit-reader.ts';
import { csvOf, jsonLinesOf } from '../access/audit/export-format.ts';
import type { HttpAccess } from '../servers/http/http-access.ts';
import type { HttpApp, HttpRoutes } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import { pageQuery } from './page.ts';

export interface AuditRoutesDependencies {
  readonly reader: AuditReader;
  readonly verify: () => Promise<AuditVerification>;
  readonly audit: AuditTrail;
  readonly access: Pick<HttpAccess, 'peer'>;
}

const ACCESS = { access: { site: 'readAudit' } } as const;
const LIST = '/api/v1/audit';

/** `/api/v1/audit`: who did what. */
export function auditRoutes(dependencies: AuditRoutesDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    addList(app, dependencies);
    addExport(app, dependencies);
    addVerify(app, dependencies);
  };
}

function addList(app: HttpApp, { reader }: AuditRoutesDependencies): void {
  app.get(
    LIST,
    {
      config: ACCESS,
      schema: {
        summary: 'Who did what, newest first',
        tags: ['audit'],
        querystring: auditFilter.extend(pageQuery.shape),
        response: { 200: auditPage, 400: problem },
      },
    },
    async ({ query: { limit, cursor, ...filter } }) => {
      const before = cursor === undefined ? undefined : seqOfCursor(cursor);
      if (cursor !== undefined && before === undefined)
        throw new HttpProblem(400, 'ERR_BAD_REQUEST', 'Bad request', 'cursor: not one of this list', {
          field: 'cursor',
        });
      return reader.page(filter, limit, before);
    },
  );
}

const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8; header=present', ending: 'csv', write: csvOf },
  json: { type: 'application/x-ndjson', ending: 'ndjson', write: jsonLinesOf },
} as const;

function addExport(app: HttpApp, { reader, audit, access }: AuditRoutesDependencies): void {
  app.get(
    `${LIST}/export`,
    {
      config: ACCESS,
      schema: {
        summary: 'All entries that fit, as a file',
        description: 'CSV (RFC 4180) or one JSON object a line, newest first.',
        tags: ['audit'],
        querystring: auditExportQuery,
        response: { 200: z.instanceof(Readable), 400: problem },
      },
    },
    async (request, reply) => {
      const { format, ...filter } = request.query;
      const { type, ending, write } = FORMATS[format];
      const { identity } = request;
      const detail = { format, ...filter };
      audit.record({ identity, ...access.peer(request.raw), action: 'audit.exported', result: 'ok', detail });
      await reply
        .header('content-type', type)
        .header('content-disposition', `attachment; filename="vedette-audit.${ending}"`)
        .header('cache-control', 'no-store')
        // Pulled as fast as the client takes it.
        .send(Readable.from(write(reader.all(filter)), { objectMode: false }));
      return reply;
    },
  );
}

function addVerify(app: HttpApp, { verify }: AuditRoutesDependencies): void {
  let running: Promise<AuditVerification> | undefined;
  app.get(
    `${LIST}/verify`,
    {
      config: ACCESS,
      schema: {
        summary: 'Whether the log is still what was written',
        description: 'Reads all of it: about a second for 20,000 entries.',
        tags: ['audit'],
        response: { 200: auditVerification },
      },
    },
    // Several who ask at the same time get one answer: it is dear.
    () => (running ??= verify().finally(() => (running = undefined))),
  );
}
