// The floor: plays every camera of the port in argv[2] and does nothing with what it reads. Prints a line when
// all play.
import { once } from 'node:events';
import { connect } from 'node:net';

const [, , port = '0', count = '0'] = process.argv;

let playing = 0;
for (let index = 0; index < Number(count); index += 1) {
  const url = `rtsp://127.0.0.1/cam${index}`;
  const socket = connect(Number(port), '127.0.0.1');
  socket.setNoDelay(true);
  socket.once('data', () => {
    playing += 1;
    if (playing === Number(count)) console.log('{}');
  });
  socket.on('data', () => undefined);
  await once(socket, 'connect');
  socket.write(
    `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n` +
      `PLAY ${url}/ RTSP/1.0\r\nCSeq: 2\r\n\r\n`,
  );
}
process.stdin.resume().on('end', () => process.exit(0));
