import { CAMERA_ACTIONS, ROLES, SITE_ACTIONS, type Grant, type UserPermissions } from '@vedette/contract';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rights } from '../rights.ts';
import { describePermissions } from './describe-permissions.ts';
import { permissionsOf } from './permission-table.ts';

const NOON = Date.UTC(2030, 0, 7, 12);
const CAMERAS = ['gate', 'roof', 'yard'];

function book(): Rights {
  const rights = new Rights(() => NOON);
  const groups = new Map([
    ['gate', new Set(['doors'])],
    ['yard', new Set(['doors', 'grass'])],
  ]);
  rights.setMembership(groups, new Map([['roof', new Set(['high'])]]));
  return rights;
}

const target = fc.oneof(
  fc.record({ kind: fc.constant('camera' as const), id: fc.constantFrom(...CAMERAS, 'gone') }),
  fc.record({ kind: fc.constant('group' as const), id: fc.constantFrom('doors', 'grass', 'gone') }),
  fc.record({ kind: fc.constant('zone' as const), id: fc.constantFrom('high', 'gone') }),
  fc.constant({ kind: 'all' as const }),
);
const hours = fc.constantFrom(
  { from: '08:00', to: '18:00', timeZone: 'UTC' },
  { from: '22:00', to: '06:00', timeZone: 'UTC' },
);
const grant: fc.Arbitrary<Grant> = fc.record(
  { target, actions: fc.uniqueArray(fc.constantFrom(...CAMERA_ACTIONS), { minLength: 1 }), hours },
  { requiredKeys: ['target', 'actions'] },
);

/** Whether the table says that the action is allowed now. */
function says({ everywhere, cameras }: UserPermissions, action: string, cameraId: string): boolean {
  const ofCamera = cameras.find((camera) => camera.cameraId === cameraId)?.permissions ?? [];
  return [...everywhere, ...ofCamera].some((one) => one.action === action && one.isNow);
}

test('the table says what is decided, whatever was granted', () => {
  const rights = book();
  fc.assert(
    fc.property(
      fc.constantFrom(...ROLES),
      fc.array(grant, { maxLength: 5 }),
      fc.boolean(),
      (role, grants, isDisabled) => {
        rights.put('user', { id: 'mai', role, grants, isDisabled });
        const mai = { kind: 'user', id: 'mai', name: 'mai' } as const;
        const person = { id: 'mai', name: 'mai', displayName: 'Mai', role, grants, isDisabled };
        const table = permissionsOf(person, CAMERAS, rights, NOON);
        for (const cameraId of CAMERAS) {
          for (const action of CAMERA_ACTIONS) {
            const decision = rights.decide(mai, action, cameraId);
            assert.equal(says(table, action, cameraId), decision === 'yes', `${action} ${cameraId}`);
          }
        }
        for (const action of SITE_ACTIONS) {
          const isListed = table.site.includes(action) && !isDisabled;
          assert.equal(isListed, rights.decide(mai, action) === 'yes');
        }
      },
    ),
  );
});

test('the document has a line for each action and each route', () => {
  const text = describePermissions([
    { method: 'GET', url: '/api/v1/cameras/:id', access: { camera: 'view', parameter: 'id' } },
    { method: 'GET', url: '/api/v1/audit', access: { site: 'readAudit' } },
  ]);
  assert.match(text, /\| `publish` \| .* \| granted \| granted \| yes \|/);
  assert.match(
    text,
    /\| `GET \/api\/v1\/cameras\/\{id\}` \| `view` of the camera \| granted \| yes \| yes \|/,
  );
  assert.match(text, /\| `GET \/api\/v1\/audit` \| `readAudit` \| – \| – \| yes \|/);
});
