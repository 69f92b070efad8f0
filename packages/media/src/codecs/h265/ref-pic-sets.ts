import { ProtocolError } from '../../errors.ts';
import type { BitReader } from '../bit-reader.ts';

const MAX_SETS = 64;
const MAX_PICS = 16;

/**
 * Reads over the short-term reference picture sets of an SPS (H.265 §7.3.7): each may be told as a
 * difference to the one before, so their sizes have to be followed.
 */
export function skipShortTermRefPicSets(reader: BitReader): void {
  const count = reader.ue();
  if (count > MAX_SETS) throw invalid(`${count} short-term reference picture sets`);
  let pictures = 0;
  for (let i = 0; i < count; i++) {
    const isPredicted = i > 0 && reader.flag();
    pictures = isPredicted ? readPredictedSet(reader, pictures) : readPlainSet(reader);
    if (pictures > MAX_PICS) throw invalid(`${pictures} pictures in a short-term reference picture set`);
  }
}

function readPredictedSet(reader: BitReader, previousPictures: number): number {
  reader.skip(1); // delta_rps_sign
  reader.ue(); // abs_delta_rps_minus1
  let pictures = 0;
  for (let i = 0; i <= previousPictures; i++) {
    const isUsedByCurrent = reader.flag();
    if (isUsedByCurrent || reader.flag()) pictures++;
  }
  return pictures;
}

function readPlainSet(reader: BitReader): number {
  const pictures = reader.ue() + reader.ue();
  if (pictures > MAX_PICS) throw invalid(`${pictures} pictures in a short-term reference picture set`);
  for (let i = 0; i < pictures; i++) {
    reader.ue();
    reader.skip(1);
  }
  return pictures;
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_H265_SPS', `Bad H.265 sequence parameter set: ${reason}`);
}
