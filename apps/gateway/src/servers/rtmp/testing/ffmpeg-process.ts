// The FFmpeg that media workers use, which speaks Enhanced RTMP, as a publisher or a player of its own process:
//   publish FILE URL     sends the file, as it is
//   play URL FOURCCS     says that it takes these, and prints a line of JSON for each packet that comes
import { createHash } from 'node:crypto';
import { Demuxer, Muxer } from 'node-av/api';

const [mode, first = '', second = ''] = process.argv.slice(2);
if (mode === 'publish') await publish(first, second);
else await play(first, second);
process.exit(0);

async function publish(file: string, url: string): Promise<void> {
  const input = await Demuxer.open(file);
  const output = await Muxer.open(url, { format: 'flv' });
  const indexes = input.streams.map((stream) => output.addStream(stream));
  for await (const packet of input.packets()) {
    if (packet === null) continue;
    await output.writePacket(packet, indexes[packet.streamIndex] ?? 0);
    packet.free();
  }
  await output.close();
  await input.close();
}

async function play(url: string, fourCcs: string): Promise<void> {
  const input = await Demuxer.open(url, { options: { rtmp_enhanced_codecs: fourCcs } });
  const codecs = input.streams.map(({ codecpar }) => codecpar.codecId);
  say({ codecs });
  for await (const packet of input.packets()) {
    if (packet === null) break;
    const { streamIndex, pts, data } = packet;
    const hash = createHash('md5')
      .update(data ?? '')
      .digest('hex');
    say({ stream: streamIndex, pts: Number(pts), hash });
    packet.free();
  }
  await input.close();
}

function say(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
