import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const START_LIMIT_MS = 60_000;
const POLL_MS = 30;
/** It refuses to run as root; Debian's package makes this user. */
const USER = 'postgres';
const PASSWORD = 'hunter2';

/** A real PostgreSQL server of a test, in a folder of its own. */
export interface PostgresServer {
  /** A database in it; asks for a password, as a server of a site does. */
  readonly url: string;
  readonly port: number;
  /** A new empty database. @returns its address. */
  newDatabase(): Promise<string>;
  /** `immediate`: as if the power had gone; it recovers at the next start. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** After a stop: the same data at the same port. */
  start(): Promise<void>;
  /** Everything that it logged so far. */
  log(): string;
  /** Stops it and deletes its folder. */
  close(): Promise<void>;
}

/** Debian keeps the programs of each version in a folder that is in no PATH. */
function programFolder(): string {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  for (const version of versions) {
    const folder = path.join(base, version, 'bin');
    if (existsSync(path.join(folder, 'postgres'))) return folder;
  }
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error('PostgreSQL is not installed: apt-get install postgresql');
}

function idOf(flag: '-u' | '-g'): number {
  const { status, stdout } = spawnSync('id', [flag, USER], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`there is no user ${USER}: apt-get install postgresql`);
  return Number(stdout);
}

/** What comes before a command so that it may run, and so that it ends with the test, however that ends. */
function wrapping(): readonly string[] {
  const guard = ['setpriv', '--pdeathsig', 'QUIT'];
  if (process.getuid?.() !== 0) return guard;
  return [...guard, '--reuid', String(idOf('-u')), '--regid', String(idOf('-g')), '--clear-groups'];
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => {
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('no port'));
    });
  });
  return promise;
}

function initialize(folder: string, wrap: readonly string[], programs: string): void {
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  const [command = '', ...args] = [
    ...wrap,
    path.join(programs, 'initdb'),
    ...['--pgdata', path.join(folder, 'data'), '--username', USER, '--encoding', 'UTF8'],
    ...['--auth', 'scram-sha-256', '--pwfile', passwordFile],
    // A language of its own: texts that are ordered by it, and not by their bytes, show.
    ...['--locale', 'C.UTF-8', '--locale-provider', 'icu', '--icu-locale', 'en', '--no-sync'],
  ];
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', cwd: folder });
  if (status !== 0) throw new Error(`initdb failed:\n${stderr}`);
}

/** Starts a server; a second takes a few seconds on a slow machine: one for a file of tests is enough. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = programFolder();
  const wrap = wrapping();
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-postgres-'));
  if (process.getuid?.() === 0) chownSync(folder, idOf('-u'), idOf('-g'));
  initialize(folder, wrap, programs);
  const server = new Cluster(folder, [...wrap, path.join(programs, 'postgres')], await freePort());
  await server.start();
  return server;
}

class Cluster implements PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #command: readonly string[];
  #child: ChildProcess | undefined;
  #log = '';
  #databases = 0;

  constructor(folder: string, command: readonly string[], port: number) {
    this.#folder = folder;
    this.#command = command;
    this.port = port;
  }

  get url(): string {
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const data = path.join(this.#folder, 'data');
    const [command = '', ...args] = [
      ...this.#command,
      ...['-D', data, '-p', String(this.port), '-c', 'listen_addresses=127.0.0.1'],
      ...['-c', `unix_socket_directories=${this.#folder}`, '-c', 'shared_buffers=16MB'],
    ];
    const child = spawn(command, args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`PostgreSQL did not start:\n${this.#log}`);
      await sleep(POLL_MS);
    }
  }

  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
  }

  async newDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test${this.#databases}`;
    await this.#ask(`create database ${name}`);
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}/${name}`;
  }

  async close(): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#ask('select 1');
      return true;
    } catch {
      return false;
    }
  }

  async #ask(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
