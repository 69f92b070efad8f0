import { useQuery } from '@tanstack/react-query';
import { api } from '../cameras/first-list.ts';
import { rtspAddress } from './addresses.ts';

/** Where RTSP players and publishers find the camera; `undefined` while that is not known, or RTSP is off. */
export function useRtspAddress(cameraId: string): string | undefined {
  const { data } = useQuery({
    queryKey: ['server'],
    queryFn: async ({ signal }) => api.server(signal),
    staleTime: Infinity,
  });
  const port = data?.rtspPort ?? undefined;
  return port === undefined ? undefined : rtspAddress(cameraId, port);
}
