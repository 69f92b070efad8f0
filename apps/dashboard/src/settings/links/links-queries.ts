/** Of the list of share links. */
export const LINKS_QUERY = ['share-links'];
/** Of the list of stream tokens. */
export const TOKENS_QUERY = ['stream-tokens'];
