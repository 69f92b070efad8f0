import type { ReactNode } from 'react';
import { publishMessages } from '../messages/publish.ts';
import type { Devices, PictureChoice, SoundChoice } from './capture.ts';

const words = publishMessages;

interface Option {
  readonly value: string;
  readonly label: string;
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChoose: (value: string) => void;
}

/** The browser's own list: phones show it in their way, and readers know it. */
function Field({ label, value, options, onChoose }: FieldProps): ReactNode {
  return (
    <label className="flex min-w-0 flex-1 flex-col gap-1">
      <span className="text-small text-muted">{label}</span>
      <select
        value={value}
        onChange={({ target }) => onChoose(target.value)}
        className="h-8 w-full min-w-0 rounded-md border border-line bg-surface px-2 text-base text-text pointer-coarse:h-10"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

const SCREEN = 'screen';
const NONE = 'none';
const DEVICE = 'device:';

function deviceOptions(devices: readonly MediaDeviceInfo[], standard: string): Option[] {
  if (devices.length === 0) return [{ value: DEVICE, label: standard }];
  return [
    { value: DEVICE, label: standard },
    ...devices.map(({ deviceId, label }, index) => ({
      value: `${DEVICE}${deviceId}`,
      label: label === '' ? words.unnamed(index + 1) : label,
    })),
  ];
}

function pictureValue(picture: PictureChoice): string {
  return picture.from === 'camera' ? `${DEVICE}${picture.deviceId}` : picture.from;
}

function soundValue(sound: SoundChoice): string {
  return sound.from === 'microphone' ? `${DEVICE}${sound.deviceId}` : NONE;
}

function toPicture(value: string): PictureChoice {
  if (value.startsWith(DEVICE)) return { from: 'camera', deviceId: value.slice(DEVICE.length) };
  return { from: value === SCREEN ? 'screen' : 'none' };
}

function toSound(value: string): SoundChoice {
  if (value.startsWith(DEVICE)) return { from: 'microphone', deviceId: value.slice(DEVICE.length) };
  return { from: 'none' };
}

export interface SourceChoiceProps {
  readonly devices: Devices;
  readonly picture: PictureChoice;
  readonly sound: SoundChoice;
  readonly onChoose: (picture: PictureChoice, sound: SoundChoice) => void;
}

/** Which camera or screen, and which microphone. */
export function SourceChoice({ devices, picture, sound, onChoose }: SourceChoiceProps): ReactNode {
  const canShareScreen = 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;
  return (
    <div className="flex flex-col gap-3 sm:flex-row">
      <Field
        label={words.picture}
        value={pictureValue(picture)}
        options={[
          ...deviceOptions(devices.cameras, words.standardCamera),
          ...(canShareScreen ? [{ value: SCREEN, label: words.screen }] : []),
          { value: NONE, label: words.noPicture },
        ]}
        onChoose={(value) => onChoose(toPicture(value), sound)}
      />
      <Field
        label={words.sound}
        value={soundValue(sound)}
        options={[
          ...deviceOptions(devices.microphones, words.standardMicrophone),
          { value: NONE, label: words.noSound },
        ]}
        onChoose={(value) => onChoose(picture, toSound(value))}
      />
    </div>
  );
}
