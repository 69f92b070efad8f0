/** What a test or a benchmark asks of a process of native viewers. */
export type ViewerCommand =
  /** `counts`: look at what comes in, which costs the process time. */
  | { readonly do: 'view'; readonly id: number; readonly url: string; readonly counts: boolean }
  /** Sends a PLI. */
  | { readonly do: 'requestPicture'; readonly id: number }
  | { readonly do: 'close'; readonly id: number; readonly isPolite: boolean }
  | { readonly do: 'count' };

export interface ViewerCounts {
  readonly id: number;
  readonly packets: number;
  readonly bytes: number;
  /** Random access pictures that began to arrive. */
  readonly entries: number;
}

export type ViewerEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'connected'; readonly id: number }
  | { readonly event: 'failed'; readonly id: number; readonly why: string }
  | { readonly event: 'closed'; readonly id: number }
  | { readonly event: 'counts'; readonly counts: readonly ViewerCounts[] };
