import { useNavigate } from '@tanstack/react-router';
import type { Camera, Profile } from '@vedette/contract';
import {
  CircleQuestionMark,
  CircleUserRound,
  Expand,
  Grid2x2,
  LayoutGrid,
  Plus,
  Settings,
  SunMoon,
  Users,
  Video,
  VideoOff,
  Webcam,
  type LucideIcon,
} from 'lucide-react';
import { useAccount } from '../account/use-account.ts';
import { useCameras } from '../cameras/use-cameras.ts';
import { LAYOUTS } from '../live/grid-layout.ts';
import { messages } from '../messages/index.ts';
import { placesFor } from '../settings/settings-places.ts';
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
    { id: 'help', group: 'action', icon: CircleQuestionMark, label: messages.help, run: onHelp },
  ];
}

/** The pages in which this somebody finds something. */
function pages(account: Profile | null | undefined, navigate: Navigate): Command[] {
  const settings = account ? placesFor(account) : [];
  return [
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
    ...settings.map(({ to, label }): Command => ({
      id: `page:${to}`,
      group: 'page',
      icon: Settings,
      label,
      keywords: messages.places.settings,
      note: messages.places.settings,
      run: () => void navigate({ to }),
    })),
    ...(account?.kind === 'user'
      ? [
          {
            id: 'page:account',
            group: 'page',
            icon: CircleUserRound,
            label: messages.places.account,
            keywords: messages.palette.accountKeywords,
            run: () => void navigate({ to: '/account' }),
          } as const,
        ]
      : []),
  ];
}

/** What changes something, and only some may do. */
function deeds(
  account: Profile | null | undefined,
  cameras: readonly Camera[],
  navigate: Navigate,
): Command[] {
  const mayPublish = new Set(
    account?.cameras.filter(({ actions: may }) => may.includes('publish')).map(({ id }) => id),
  );
  const publishing = cameras
    .filter(({ id, source }) => source === 'publish' && mayPublish.has(id))
    .map((camera) => publishCommand(camera, navigate));
  if (account?.siteActions.includes('configure') !== true) return publishing;
  const add: Command = {
    id: 'add-camera',
    group: 'action',
    icon: Plus,
    label: messages.live.empty.add,
    run: () => void navigate({ to: '/settings/cameras', search: { add: 1 } }),
  };
  return [add, ...publishing];
}

/** Everything that the palette can find. */
export function useCommands(onHelp: () => void): Command[] {
  const navigate = useNavigate();
  const { data: cameras = [] } = useCameras((all) => all);
  const account = useAccount();
  return [
    ...cameras.map((camera) => cameraCommand(camera, navigate)),
    ...pages(account, navigate),
    ...deeds(account, cameras, navigate),
    ...actions(navigate, onHelp),
  ];
}
