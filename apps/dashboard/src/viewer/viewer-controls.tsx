import type { CameraPlayer, ProtocolChoice } from '@vedette/client';
import {
  Activity,
  Camera,
  Gauge,
  Maximize,
  Minimize,
  PictureInPicture2,
  Settings2,
  Volume2,
  VolumeX,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { IconButton } from '../ui/button.tsx';
import { useFullScreenElement } from '../ui/full-screen.ts';
import { ChoiceMenu, type Choice } from '../ui/menu.tsx';
import { rememberChoice, rememberQuality } from './players.ts';
import { useIsMuted, useQuality } from './use-player.ts';
import type { ViewerActions } from './viewer-actions.ts';

const { controls, protocols, qualities } = messages;

const PROTOCOLS: readonly Choice<ProtocolChoice>[] = [
  { value: 'auto', label: protocols.auto, hint: protocols.autoHint },
  { value: 'webrtc', label: protocols.webrtc, hint: protocols.webrtcHint },
  { value: 'mse', label: protocols.mse, hint: protocols.mseHint },
  { value: 'hls', label: protocols.hls, hint: protocols.hlsHint },
];

const MENU_BUTTON =
  'inline-flex size-8 shrink-0 cursor-pointer items-center justify-center rounded-md text-on-video transition-colors hover:bg-white/20 data-[state=open]:bg-white/25 pointer-coarse:size-10';

function ProtocolMenu({ player, tabIndex }: { player: CameraPlayer; tabIndex: number }): ReactNode {
  const [choice, setChoice] = useState(player.choice);
  return (
    <ChoiceMenu
      label={controls.protocol}
      value={choice}
      choices={PROTOCOLS}
      onChoose={(value) => {
        setChoice(value);
        player.choose(value);
        rememberChoice(player.cameraId, value);
      }}
    >
      <button type="button" aria-label={controls.protocol} tabIndex={tabIndex} className={MENU_BUTTON}>
        <Settings2 size={18} strokeWidth={1.75} aria-hidden />
      </button>
    </ChoiceMenu>
  );
}

/** Renditions to choose from; not there where there is only one. */
function QualityMenu({ player, tabIndex }: { player: CameraPlayer; tabIndex: number }): ReactNode {
  const state = useQuality(player);
  if (state === null || state.available.length < 2) return null;
  const { quality, isAutomatic, available } = state;
  const nameOf = (name: string): string => (name === 'source' ? qualities.source : name);
  const choices: Choice<string>[] = [
    { value: 'auto', label: qualities.auto, ...(isAutomatic ? { hint: nameOf(quality) } : {}) },
    ...available.map(({ name, height }) => ({
      value: name,
      label: nameOf(name),
      ...(name === 'source' && height > 0 ? { hint: `${height}p` } : {}),
    })),
  ];
  return (
    <ChoiceMenu
      label={controls.quality}
      value={isAutomatic ? 'auto' : quality}
      choices={choices}
      onChoose={(value) => {
        player.setQuality(value);
        rememberQuality(player.cameraId, value);
      }}
    >
      <button type="button" aria-label={controls.quality} tabIndex={tabIndex} className={MENU_BUTTON}>
        <Gauge size={18} strokeWidth={1.75} aria-hidden />
      </button>
    </ChoiceMenu>
  );
}

export interface ViewerControlsProps {
  readonly player: CameraPlayer;
  readonly name: string;
  readonly actions: ViewerActions;
  readonly hasSound: boolean;
  readonly isShowingStatistics: boolean;
  /** In a grid only one tile's controls are in the order of the Tab key. */
  readonly isReachable: boolean;
}

interface SoundButtonProps {
  readonly player: CameraPlayer;
  readonly hasSound: boolean;
  readonly tabIndex: number;
  readonly onClick: () => void;
}

function SoundButton({ player, hasSound, tabIndex, onClick }: SoundButtonProps): ReactNode {
  const isMuted = useIsMuted(player);
  const label = isMuted ? controls.unmute : controls.mute;
  return (
    <IconButton
      on="video"
      icon={isMuted ? VolumeX : Volume2}
      label={hasSound ? label : controls.noSound}
      shortcut="M"
      // Still reachable, so that its label can say why.
      aria-disabled={!hasSound}
      className={hasSound ? '' : 'opacity-50'}
      tabIndex={tabIndex}
      onClick={onClick}
    />
  );
}

/** The buttons on a picture. Where there is little room only full screen stays; the keys do the rest. */
export function ViewerControls({
  player,
  name,
  actions,
  hasSound,
  isShowingStatistics,
  isReachable,
}: ViewerControlsProps): ReactNode {
  const isFull = useFullScreenElement()?.contains(player.element) === true;
  const tabIndex = isReachable ? 0 : -1;
  const common = { on: 'video', tabIndex } as const;
  const { toggleSound, saveSnapshot, togglePictureInPicture, toggleStatistics } = actions;
  return (
    <div
      role="toolbar"
      aria-label={controls.label(name)}
      className="pointer-events-auto relative flex shrink-0 items-center"
    >
      <div className="hidden items-center @min-[340px]/viewer:flex">
        <SoundButton player={player} hasSound={hasSound} tabIndex={tabIndex} onClick={toggleSound} />
        <IconButton {...common} icon={Camera} label={controls.snapshot} shortcut="S" onClick={saveSnapshot} />
        {document.pictureInPictureEnabled && (
          <IconButton
            {...common}
            icon={PictureInPicture2}
            label={controls.pictureInPicture}
            shortcut="P"
            onClick={togglePictureInPicture}
          />
        )}
        <IconButton
          {...common}
          icon={Activity}
          label={controls.statistics}
          shortcut="I"
          aria-pressed={isShowingStatistics}
          onClick={toggleStatistics}
        />
        <QualityMenu player={player} tabIndex={tabIndex} />
        <ProtocolMenu player={player} tabIndex={tabIndex} />
      </div>
      <IconButton
        {...common}
        icon={isFull ? Minimize : Maximize}
        label={isFull ? controls.leaveFullScreen : controls.fullScreen}
        shortcut="F"
        onClick={actions.toggleFullScreen}
      />
    </div>
  );
}
