import { CAMERA_ACTIONS, type CameraAction } from '@vedette/contract';
import type { ReactNode } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { CheckField } from '../../ui/field.tsx';

export interface ActionChecksProps {
  readonly actions: readonly CameraAction[];
  readonly onChange: (actions: CameraAction[]) => void;
}

/** Which of the things that can be done with a camera; at least one stays. */
export function ActionChecks({ actions, onChange }: ActionChecksProps): ReactNode {
  return (
    <div
      role="group"
      aria-label={setupMessages.grants.actions}
      className="grid grid-cols-2 gap-x-4 sm:grid-cols-3"
    >
      {CAMERA_ACTIONS.map((action) => {
        const isOn = actions.includes(action);
        return (
          <CheckField
            key={action}
            label={setupMessages.grants.actionNames[action]}
            checked={isOn}
            disabled={isOn && actions.length === 1}
            onChange={() =>
              onChange(CAMERA_ACTIONS.filter((other) => (other === action ? !isOn : actions.includes(other))))
            }
          />
        );
      })}
    </div>
  );
}
