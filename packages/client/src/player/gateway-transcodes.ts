import { ApiClient } from '../api/api-client.ts';

/** Players of a page begin together: they ask together. */
const asked = new Map<string, Promise<boolean>>();

/**
 * Whether the gateway makes H.264 of what browsers do not play. Where it does not say, it is taken to: it refuses what
 * it cannot do.
 *
 * @param baseUrl origin of the gateway without a trailing slash; empty for the page's own.
 * @param token as of `ApiClient`.
 */
export async function gatewayTranscodes(baseUrl: string, token?: string): Promise<boolean> {
  let answer = asked.get(baseUrl);
  if (answer === undefined) {
    answer = new ApiClient(baseUrl, token)
      .server()
      .then(({ transcodes }) => transcodes)
      .catch(() => true)
      .finally(() => asked.delete(baseUrl));
    asked.set(baseUrl, answer);
  }
  return answer;
}
