/** Longest that is read of a boundary; RFC 2046 §5.1.1 allows 70 characters. */
const MAX_BOUNDARY = 256;

/** What a `Content-Type` says, as far as a stream of parts needs it. */
export interface MediaType {
  /** Lower case, without parameters: `multipart/x-mixed-replace`. */
  readonly type: string;
  /** Its `boundary`, without quotes and dashes in front: cameras write the two dashes of the delimiter here or leave
   * them out there. */
  readonly boundary: string | undefined;
}

/** Parses a `Content-Type`. Never throws: what is not understood is left out. */
export function parseMediaType(value: string): MediaType {
  const [type = '', ...parameters] = value.split(/[;,]/);
  const boundary = parameters
    .map((parameter) => /^\s*boundary\s*=\s*"?([^"]*)/i.exec(parameter)?.[1]?.trim())
    .find((found) => found !== undefined);
  return {
    type: type.trim().toLowerCase(),
    boundary: boundary === undefined ? undefined : bareBoundary(boundary.slice(0, MAX_BOUNDARY)),
  };
}

/** A boundary without the dashes that stand in front of it. */
export function bareBoundary(boundary: string): string {
  return boundary.replace(/^-+/, '');
}
