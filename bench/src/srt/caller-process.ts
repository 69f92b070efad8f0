// One end of an SRT connection, as the gateway has it: calls, and carries standard input or fills standard output.
//
//   caller-process.ts send|receive srt://…
import { parseSrtUrl } from '@vedette/protocols';
import { networkGuard } from '../../../apps/gateway/src/net/guarded-lookup.ts';
import { callSrt } from '../../../apps/gateway/src/net/srt/call-srt.ts';

const [role, address = ''] = process.argv.slice(2);
const leave = new AbortController();
const call = await callSrt(parseSrtUrl(address), { guard: networkGuard, signal: leave.signal });
const { link } = call;

const end = (): void => {
  void call.close().then(() => process.exit(0));
};
process.once('SIGTERM', end);
let isCorked = false;
link.listen({
  onPayload: (payload) => {
    if (role !== 'receive') return;
    // What came together is written together, as srt-live-transmit's stream does it.
    if (!isCorked) {
      isCorked = true;
      process.stdout.cork();
      setImmediate(() => {
        isCorked = false;
        process.stdout.uncork();
      });
    }
    process.stdout.write(payload);
  },
  onClosed: end,
});
if (role === 'send') process.stdin.on('data', (chunk: Buffer) => link.write(chunk));
