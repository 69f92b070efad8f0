import type { ErrorCode } from '@vedette/media';
import type { PublishAnswer } from '../../cameras/directory.ts';

type Refusal = Extract<PublishAnswer, { ok: false }>;

const CODES: Readonly<Record<Refusal['reason'], ErrorCode>> = {
  unknown: 'ERR_CAMERA_NOT_FOUND',
  notPublish: 'ERR_NOT_A_PUBLISH_CAMERA',
  busy: 'ERR_PUBLISHER_BUSY',
};

/** Why nobody can publish just now. */
export class PublishingRefused extends Error {
  override readonly name = 'PublishingRefused';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static by({ reason, message }: Refusal): PublishingRefused {
    return new PublishingRefused(CODES[reason], `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
  }
}
