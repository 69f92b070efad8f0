/** The way to one viewer of a byte stream: takes units in order and holds those that cannot leave yet. */
export interface ByteOutlet {
  /** Bytes that were taken and have not left the process. */
  readonly queuedBytes: number;
  /** @param bytes shared by all viewers: not to be written to. */
  send(bytes: Buffer): void;
  /** What is sent between `cork` and `uncork` leaves together. */
  cork(): void;
  uncork(): void;
  /** Lets go: nothing is sent any more. What it leads to belongs to the server. */
  close(): void;
}
