/** The beep at each full second lasts this long. */
export const BEEP_MS = 80;

const SAMPLE_RATE = 48_000;
const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
const HUM = { hertz: 440, level: 0.01 };
const BEEP = { hertz: 1000, level: 0.25 };
/** Rise and fall of the beep, so that it does not click. */
const RAMP_MS = 2;

/** One second of the sound, stereo and interleaved: both tones go round whole times in it. */
const SECOND = Buffer.alloc(SAMPLE_RATE * 2 * 2);
for (let sample = 0; sample < SAMPLE_RATE; sample++) {
  const ms = sample / SAMPLES_PER_MS;
  const ramp = Math.max(0, Math.min(1, ms / RAMP_MS, (BEEP_MS - ms) / RAMP_MS));
  const beep = ramp * BEEP.level * Math.sin((2 * Math.PI * BEEP.hertz * sample) / SAMPLE_RATE);
  const hum = HUM.level * Math.sin((2 * Math.PI * HUM.hertz * sample) / SAMPLE_RATE);
  const value = Math.round((beep + hum) * 32_767);
  SECOND.writeInt16LE(value, 4 * sample);
  SECOND.writeInt16LE(value, 4 * sample + 2);
}

/**
 * The sound of `samples` samples from `unixMs` on, 16 bits, stereo, interleaved, written to `into`: a
 * quiet hum, and a beep that starts with each full second of the wall clock.
 */
export function writeTone(unixMs: number, samples: number, into: Buffer): void {
  let from = (Math.round(unixMs * SAMPLES_PER_MS) % SAMPLE_RATE) * 4;
  let to = 0;
  while (to < samples * 4) {
    const copied = SECOND.copy(into, to, from, Math.min(SECOND.length, from + samples * 4 - to));
    to += copied;
    from = (from + copied) % SECOND.length;
  }
}
