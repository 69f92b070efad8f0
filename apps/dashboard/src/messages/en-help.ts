/** Which key does what. */
export const help = {
  groups: { everywhere: 'Everywhere', grid: 'On the grid', picture: 'On a picture' },
  keys: {
    palette: 'Find a camera, a page or an action',
    help: 'This help',
    back: 'Back',
    move: 'Move between cameras',
    pages: 'Previous and next page',
    open: 'Open the camera',
    layouts: '1, 4, 9 or 16 cameras',
    auto: 'Fit all cameras',
    fullScreen: 'Full screen',
    sound: 'Sound on or off',
    snapshot: 'Save a snapshot',
    statistics: 'Statistics',
    pictureInPicture: 'Picture in picture',
    neighbours: 'Previous and next camera',
  },
};
