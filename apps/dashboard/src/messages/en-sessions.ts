/** What the page says on which it is seen who watches. */
export const sessions = {
  title: 'Who is watching',
  refresh: 'Refresh',
  camera: 'Camera',
  peer: 'Peer',
  protocol: 'Protocol',
  kind: { view: 'watches', publish: 'publishes' },
  since: 'Since',
  sent: 'Data',
  dropped: 'Dropped',
  end: 'End this session',
  endOf: (peer: string, camera: string) => `End the session of ${peer} on ${camera}`,
  empty: 'Nobody is watching',
  emptyText: 'Everyone who watches or publishes a camera, in any protocol, is listed here.',
  emptyAction: 'Watch the cameras',
  failed: 'The list did not arrive',
  retry: 'Try again',
};
