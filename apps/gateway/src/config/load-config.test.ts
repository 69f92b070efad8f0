import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseArguments, UsageError } from '../main-options.ts';
import { environmentName } from './config-keys.ts';
import { ConfigError, loadConfig, type LoadedConfig } from './load-config.ts';
import type { Override } from './overrides.ts';

function load(
  t: TestContext,
  text: string,
  environment: Record<string, string> = {},
  flags: Override[] = [],
): LoadedConfig {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'vedette.yml');
  writeFileSync(file, text);
  return loadConfig({ file, isFileRequired: true, environment, flags });
}

function flagsOf(...args: string[]): Override[] {
  const options = parseArguments(args);
  return options.command === 'start' ? [...options.overrides] : [];
}

test('flags win over environment over file over default', (t) => {
  const text = 'http: {port: 1000}\nrtsp: {port: 1000}\nwebrtc: {port: 1000}\n';
  const { config } = load(
    t,
    text,
    { VEDETTE_RTSP_PORT: '2000', VEDETTE_WEBRTC_PORT: '2000' },
    flagsOf('--webrtc.port', '3000'),
  );
  assert.deepEqual(
    [config.http.port, config.rtsp.port, config.webrtc.port, config.hls.partDurationMs],
    [1000, 2000, 3000, 200],
  );
});

test('cameras by environment: declared ones by their name, new ones in lower case', (t) => {
  const environment = {
    VEDETTE_CAMERAS_FRONT_DOOR_SOURCE: 'rtsp://10.0.0.9/a',
    VEDETTE_CAMERAS_YARD_SOURCE: 'publish',
  };
  const { config } = load(t, 'cameras: {front-door: {source: publish}}', environment);
  assert.equal(config.cameras.byId['front-door']?.source, 'rtsp://10.0.0.9/a');
  assert.equal(config.cameras.byId['yard']?.source, 'publish');
});

for (const { name, text, environment = {}, says, never = /\0/ } of [
  {
    name: 'an unknown key, with a guess',
    text: 'webrtcc: {}',
    says: /unknown key "webrtcc"; did you mean "webrtc"\?/,
  },
  {
    name: 'a wrong type, with its value',
    text: 'http: {port: abc}',
    says: /http\.port: must be a number, not a string \(got "abc"\)/,
  },
  { name: 'a value out of range', text: 'http: {port: 70000}', says: /http\.port: .*65535/ },
  {
    name: 'a bad value by environment, with its name',
    text: '',
    environment: { VEDETTE_RTSP_PORT: 'x' },
    says: /VEDETTE_RTSP_PORT/,
  },
  {
    name: 'a listener that others could reach',
    text: 'access: open\nhttp: {host: 0.0.0.0}',
    says: /http\.host: must be a loopback address/,
  },
  { name: 'HTTPS without a certificate', text: 'http: {tls: files}', says: /http\.tls: .*http\.certificate/ },
  {
    name: 'a certificate without its key',
    text: 'http: {certificate: a.pem}',
    says: /http\.certificate: .*key/,
  },
  {
    name: 'a proxy that is no address',
    text: 'http: {trustedProxies: [proxy]}',
    says: /http\.trustedProxies\.0/,
  },
  {
    name: 'a camera id that is no name',
    text: 'cameras: {"a b": {source: publish}}',
    says: /cameras\.a b: camera id must be/,
  },
  {
    name: 'an unknown key of a camera',
    text: 'cameras: {a: {source: publish, x: 1}}',
    says: /unknown key "cameras\.a\.x"/,
  },
  {
    name: 'a camera source without telling its password',
    text: 'cameras: {a: {source: "ftp://u:hunter2@h"}}',
    says: /cameras\.a\.source/,
    never: /hunter2/,
  },
  {
    name: 'broken YAML without quoting it',
    text: 'cameras:\n  a: {source: "rtsp://u:hunter2@h"\n b',
    says: /vedette\.yml: /,
    never: /hunter2/,
  },
  { name: 'a list where keys belong', text: '- 1', says: /must hold keys and values/ },
]) {
  test(`refuses ${name}`, (t) => {
    assert.throws(
      () => load(t, text, environment),
      (error) => error instanceof ConfigError && says.test(error.message) && !never.test(error.message),
    );
  });
}

test('names of others that begin like ours are no fault, and not passed over in silence', (t) => {
  const { warnings } = load(t, '', { VEDETTE_SERVICE_HOST: '10.0.0.1' });
  assert.deepEqual(warnings, ['environment variable VEDETTE_SERVICE_HOST is no configuration key']);
});

test('key names in the environment', () => {
  assert.equal(environmentName(['webrtc', 'playoutDelayMinMs']), 'VEDETTE_WEBRTC_PLAYOUT_DELAY_MIN_MS');
});

test('flags: unknown ones, ones without a value, booleans alone', () => {
  assert.throws(() => parseArguments(['--nonsense', '1']), UsageError);
  assert.throws(() => parseArguments(['--http.port']), UsageError);
  assert.throws(() => parseArguments(['stray']), UsageError);
  assert.deepEqual(flagsOf('--no-demo'), [{ path: ['demo'], value: false, origin: '--no-demo' }]);
  assert.deepEqual(
    flagsOf('--demo', '--http.port=0').map(({ value }) => value),
    [true, 0],
  );
});
