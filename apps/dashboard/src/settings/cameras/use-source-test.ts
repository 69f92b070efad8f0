import { useMutation } from '@tanstack/react-query';
import type { CameraTest } from '@vedette/contract';
import { api } from '../../cameras/first-list.ts';
import { changedTestOf, newTestOf, type CameraDraft } from './camera-draft.ts';

export interface SourceTestState {
  readonly isRunning: boolean;
  readonly test: CameraTest | undefined;
  readonly error: Error | null;
  readonly run: (draft: CameraDraft) => void;
}

/** Looks at what stands in the form; what was found of something else does not count. */
export function useSourceTest(draft: CameraDraft, cameraId: string | undefined): SourceTestState {
  const { mutate, isPending, error, data, variables } = useMutation({
    mutationFn: async (tested: CameraDraft) =>
      cameraId === undefined
        ? api.send<CameraTest>('POST', '/api/v1/cameras/test', newTestOf(tested))
        : api.send<CameraTest>('POST', `/api/v1/cameras/${cameraId}/test`, changedTestOf(tested)),
  });
  const isSame =
    variables !== undefined && JSON.stringify(newTestOf(variables)) === JSON.stringify(newTestOf(draft));
  return {
    isRunning: isPending,
    test: isSame ? data : undefined,
    error: isSame ? error : null,
    run: (tested) => mutate(tested),
  };
}
