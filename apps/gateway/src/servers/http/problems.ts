import type { Problem } from '@vedette/contract';
import type { ErrorCode } from '@vedette/media';

/** A request that can't be answered, as problem details (RFC 9457). */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly code: ErrorCode;
  readonly title: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly field: string | undefined;

  /**
   * @param title what is wrong in general, the same for every occurrence of `code`.
   * @param detail what is wrong here and what to do; holds nothing secret.
   */
  constructor(
    status: number,
    code: ErrorCode,
    title: string,
    detail: string,
    { headers = {}, field }: { headers?: Readonly<Record<string, string | string[]>>; field?: string } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
    this.headers = headers;
    this.field = field;
  }

  toJSON(): Problem {
    return {
      type: 'about:blank',
      title: this.title,
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.field === undefined ? {} : { field: this.field }),
    };
  }
}

export function cameraNotFound(id: string): HttpProblem {
  return new HttpProblem(
    404,
    'ERR_CAMERA_NOT_FOUND',
    'No such camera',
    `There is no camera "${id.slice(0, 64)}".`,
  );
}
