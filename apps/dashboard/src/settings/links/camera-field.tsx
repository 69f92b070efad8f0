import type { ReactNode } from 'react';
import { useCameras } from '../../cameras/use-cameras.ts';
import { setupMessages } from '../../messages/setup.ts';
import { SelectField } from '../../ui/field.tsx';

/** One of the cameras that the person may view, by id; empty until one is chosen. */
export function CameraField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (cameraId: string) => void;
}): ReactNode {
  const { data: cameras = [] } = useCameras((all) => all);
  return (
    <SelectField
      label={setupMessages.links.camera}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      required
    >
      <option value="" disabled>
        {setupMessages.links.chooseCamera}
      </option>
      {cameras.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
