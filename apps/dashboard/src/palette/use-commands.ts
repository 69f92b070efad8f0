import { useNavigate } from '@tanstack/react-router';
import type { Camera } from '@vedette/contract';
import {
  CircleQuestionMark,
  Expand,
  Grid2x2,
  LayoutGrid,
  SunMoon,
  Users,
  Video,
  VideoOff,
  Webcam,
  type LucideIcon,
} from 'lucide-react';
import { useCameras } from '../cameras/use-cameras.ts';
import { LAYOUTS } from '../live/grid-layout.ts';
import { messages } from '../messages/index.ts';
import { chooseTheme, THEMES } from '../theme/theme.ts';
import { toggleFullScreen } from '../ui/full-screen.ts';
import type { Findable } from './search.ts';

export interface Command extends Findable {
  readonly id: string;
  readonly group: 'camera' | 'page' | 'action';
  readonly icon: LucideIcon;
  /** A word at the end of the line; the group's name where there is none. */
  readonly note?: string;
  readonly run: () => void;
}

type Navigate = ReturnType<typeof useNavigate>;

function cameraCommand({ id, name, state }: Camera, navigate: Navigate): Command {
  const note = messages.palette.cameraNotes[state.name];
  return {
    id: `camera:${id}`,
    group: 'camera',
    icon: note === '' ? Video : VideoOff,
    label: name,
    keywords: id,
    note,
    run: () => void navigate({ to: '/live/$cameraId', params: { cameraId: id } }),
  };
}

function publishCommand({ id, name }: Camera, navigate: Navigate): Command {
  return {
    id: `publish:${id}`,
    group: 'action',
    icon: Webcam,
    label: messages.publish.command(name),
    keywords: id,
    run: () => void navigate({ to: '/publish/$cameraId', params: { cameraId: id } }),
  };
}

function actions(navigate: Navigate, onHelp: () => void): Command[] {
  const words = messages.palette;
  return [
    ...LAYOUTS.map((layout): Command => ({
      id: `layout:${layout}`,
      group: 'action',
      icon: Grid2x2,
      label: words.layout(messages.live.layoutName[layout]),
      run: () => void navigate({ to: '/', search: { layout, page: 1 } }),
    })),
    ...THEMES.map((theme): Command => ({
      id: `theme:${theme}`,
      group: 'action',
      icon: SunMoon,
      label: words.theme(messages.theme[theme]),
      run: () => chooseTheme(theme),
    })),
    {
      id: 'wall',
      group: 'action',
      icon: Expand,
      label: messages.live.wall,
      run: () => void toggleFullScreen(document.documentElement),
    },
    { id: 'help', group: 'action', icon: CircleQuestionMark, label: words.help, run: onHelp },
  ];
}

/** Everything that the palette can find. */
export function useCommands(onHelp: () => void): Command[] {
  const navigate = useNavigate();
  const { data: cameras = [] } = useCameras((all) => all);
  const pages: Command[] = [
    {
      id: 'page:live',
      group: 'page',
      icon: LayoutGrid,
      label: messages.places.live,
      run: () => void navigate({ to: '/' }),
    },
    {
      id: 'page:sessions',
      group: 'page',
      icon: Users,
      label: messages.places.sessions,
      run: () => void navigate({ to: '/sessions' }),
    },
  ];
  return [
    ...cameras.map((camera) => cameraCommand(camera, navigate)),
    ...pages,
    ...cameras.filter(({ source }) => source === 'publish').map((camera) => publishCommand(camera, navigate)),
    ...actions(navigate, onHelp),
  ];
}
