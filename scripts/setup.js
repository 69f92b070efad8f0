// Brings a fresh clone to where `npm start` and `npm test` can run. Plain JavaScript that runs on
// Node.js 18 and later with nothing installed: everything else comes from here.
//
//   node scripts/setup.js            dependencies and the dashboard
//   node scripts/setup.js --peers    also the programs that the tests play against
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const modules = path.join(root, 'node_modules');
const node = path.join(modules, 'node/bin/node');

/** What the tests need, as Debian packages, and a command of each that shows it is there elsewhere. */
const PEERS = {
  ffmpeg: 'ffmpeg',
  'gstreamer1.0-tools': 'gst-launch-1.0',
  'gstreamer1.0-plugins-base': undefined,
  'gstreamer1.0-plugins-good': undefined,
  'gstreamer1.0-plugins-bad': undefined,
  'gstreamer1.0-plugins-ugly': undefined,
  'gstreamer1.0-libav': undefined,
  'gstreamer1.0-rtsp': undefined,
  'gir1.2-gst-rtsp-server-1.0': undefined,
  'python3-gi': undefined,
  'srt-tools': 'srt-live-transmit',
  'libnginx-mod-rtmp': undefined,
  chromium: 'chromium',
  'fonts-dejavu-core': undefined,
  gcc: 'gcc',
  'libc6-dev': undefined,
  postgresql: 'postgres',
  'redis-server': 'redis-server',
};

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}

/** @param {string} text @returns {never} */
function fail(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}

/** @param {string[]} files */
function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * Runs `work` unless it was done already for the same `files`.
 *
 * @param {string} name @param {string[]} files @param {boolean} isPresent @param {() => void} work
 */
function once(name, files, isPresent, work) {
  const stamp = path.join(modules, '.vedette', name);
  const now = fingerprint(files);
  if (isPresent && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  work();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
}

/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      if (name === 'node_modules' || name === 'dist' || name.includes('.test.')) return [];
      const file = path.join(folder, name);
      return statSync(file).isDirectory() ? filesBelow(file) : [file];
    });
}

function installDependencies() {
  const files = ['package.json', 'package-lock.json'].map((name) => path.join(root, name));
  once('dependencies', files, existsSync(node), () => {
    say('Installing dependencies…');
    const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
      // The media library carries its own FFmpeg; the command of that name is not needed.
      env: { ...process.env, SKIP_FFMPEG: 'true' },
    });
    if (result.status !== 0) fail('npm could not install the dependencies; see above.');
    if (!existsSync(node))
      fail('npm did not bring the Node.js that Vedette runs on; are install scripts switched off?');
  });
}

function buildDashboard() {
  const folders = ['apps/dashboard', 'packages/client', 'packages/contract'].map((name) =>
    path.join(root, name),
  );
  const built = path.join(root, 'apps/dashboard/dist/index.html');
  once('dashboard', folders.flatMap(filesBelow), existsSync(built), () => {
    say('Building the dashboard…');
    const vite = path.join(modules, 'vite/bin/vite.js');
    const result = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
      cwd: path.join(root, 'apps/dashboard'),
      stdio: 'inherit',
    });
    if (result.status !== 0) fail('the dashboard could not be built; see above.');
  });
}

/** @param {string} command @param {string[]} args */
function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** @param {string[]} missing */
function installByApt(missing) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  say(`Installing what the tests play against: ${missing.join(' ')}…`);
  /** @param {string[]} args */
  const apt = (args) => {
    const [command = 'apt-get', ...rest] = [...sudo, 'apt-get', '-qq', ...args];
    execFileSync(command, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  try {
    apt(['update']);
    apt(['install', '-y', '--no-install-recommends', ...missing]);
  } catch {
    fail(`apt-get could not install ${missing.join(' ')}; see above.`);
  }
}

function installPeers() {
  if (succeeds('dpkg-query', ['--version'])) {
    const missing = Object.keys(PEERS).filter((name) => {
      const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
      return !stdout.includes('install ok installed');
    });
    if (missing.length === 0) return;
    const mayInstall = process.getuid?.() === 0 || succeeds('sudo', ['-n', 'true']);
    if (mayInstall) installByApt(missing);
    else
      fail(`the tests need these packages; install them first:\n  sudo apt-get install ${missing.join(' ')}`);
    return;
  }
  const missing = Object.values(PEERS).filter(
    (command) => command !== undefined && !succeeds(command, ['--version']),
  );
  if (missing.length > 0) fail(`the tests need these programs on the PATH: ${missing.join(', ')}`);
}

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 18) fail(`Node.js 18 or later is needed to begin; this is ${process.version}.`);
installDependencies();
buildDashboard();
if (process.argv.includes('--peers')) installPeers();
