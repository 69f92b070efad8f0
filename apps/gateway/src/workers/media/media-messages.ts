/** What the gateway asks of the media worker. A job is a channel: it lives until either end leaves it. */
export interface MediaRequests {
  readonly requests: {
    /** Makes the demo scene and sends it on `channel`; answers once it runs. */
    readonly demo: {
      readonly params: {
        readonly channel: number;
        /** When PTS zero is, in ms since the Unix epoch: a job that takes over keeps the time. */
        readonly epochMs: number;
      };
      readonly result: null;
    };
    /**
     * Takes AAC or G.711 on `channel` and sends Opus back on it, with the same clock and track id.
     * `camera` is to blame if that kills the worker.
     */
    readonly toOpus: {
      readonly params: { readonly channel: number; readonly camera: string };
      readonly result: null;
    };
    /** Decodes the key picture that is attached (Annex B) and answers with a JPEG attached. */
    readonly snapshot: {
      readonly params: {
        readonly codec: 'h264' | 'h265';
        /** Width of the JPEG; that of the picture where absent. */
        readonly width?: number;
      };
      readonly result: { readonly width: number; readonly height: number };
    };
  };
  readonly notices: Record<string, never>;
}

/** What the media worker tells the gateway. */
export interface MediaNotices {
  readonly requests: Record<string, never>;
  readonly notices: {
    /**
     * From now on it handles media of this camera; sent before it does, so that it is known even if
     * the worker dies of it.
     */
    readonly working: string;
  };
}
