/** Of the list of API keys. */
export const KEYS_QUERY = ['api-keys'];
