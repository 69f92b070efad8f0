/** Beside the demo camera: 39 that nobody publishes to, so that the page is full and the machine is not. */
export const FORTY_CAMERAS = `cameras:\n${Array.from({ length: 39 }, (_, index) => `  cam-${index + 1}: {source: publish, name: Camera ${index + 1}}\n`).join('')}`;
