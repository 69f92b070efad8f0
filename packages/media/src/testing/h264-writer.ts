import { BitWriter } from '../codecs/bit-writer.ts';
import { writeExpGolomb, writeSignedExpGolomb } from './exp-golomb.ts';

/** What tests vary in an SPS; the rest has the value an ordinary camera sends. */
export interface SpsFields {
  readonly profileIdc: number;
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly id: number;
  /** 1 to 3; written for the profiles that have it. */
  readonly chromaFormatIdc: number;
  readonly frameNumBits: number;
  readonly picOrderCntType: 0 | 1 | 2;
  readonly picOrderCntLsbBits: number;
  readonly frameMbsOnly: boolean;
  readonly widthMbs: number;
  readonly heightMapUnits: number;
  /** Left, right, top and bottom, in cropping units. */
  readonly crop: readonly [number, number, number, number] | undefined;
  readonly timing: { readonly unitsInTick: number; readonly timeScale: number } | undefined;
  readonly maxReorderFrames: number | undefined;
}

export const HIGH_720P: SpsFields = {
  profileIdc: 100,
  constraintFlags: 0,
  levelIdc: 31,
  id: 0,
  chromaFormatIdc: 1,
  frameNumBits: 4,
  picOrderCntType: 0,
  picOrderCntLsbBits: 6,
  frameMbsOnly: true,
  widthMbs: 80,
  heightMapUnits: 45,
  crop: undefined,
  timing: undefined,
  maxReorderFrames: undefined,
};

/** A sequence parameter set NAL unit (H.264 §7.3.2.1). */
export function writeSps(fields: SpsFields): Uint8Array {
  const writer = new BitWriter();
  writer.bits(fields.profileIdc, 8);
  writer.bits(fields.constraintFlags, 8);
  writer.bits(fields.levelIdc, 8);
  writeExpGolomb(writer, fields.id);
  if (fields.profileIdc >= 100) {
    writeExpGolomb(writer, fields.chromaFormatIdc);
    if (fields.chromaFormatIdc === 3) writer.bits(0, 1);
    writeExpGolomb(writer, 0);
    writeExpGolomb(writer, 0);
    writer.bits(0, 2); // no transform bypass, no scaling matrices
  }
  writeExpGolomb(writer, fields.frameNumBits - 4);
  writeExpGolomb(writer, fields.picOrderCntType);
  if (fields.picOrderCntType === 0) writeExpGolomb(writer, fields.picOrderCntLsbBits - 4);
  if (fields.picOrderCntType === 1) {
    writer.bits(0, 1); // delta_pic_order_always_zero_flag
    writeSignedExpGolomb(writer, -1);
    writeSignedExpGolomb(writer, 1);
    writeExpGolomb(writer, 1);
    writeSignedExpGolomb(writer, 2);
  }
  writeExpGolomb(writer, 4); // max_num_ref_frames
  writer.bits(0, 1);
  writeExpGolomb(writer, fields.widthMbs - 1);
  writeExpGolomb(writer, fields.heightMapUnits - 1);
  writer.bits(fields.frameMbsOnly ? 1 : 0, 1);
  if (!fields.frameMbsOnly) writer.bits(0, 1);
  writer.bits(1, 1); // direct_8x8_inference_flag
  writer.bits(fields.crop ? 1 : 0, 1);
  for (const offset of fields.crop ?? []) writeExpGolomb(writer, offset);
  writeVui(writer, fields);
  return nalUnit(0x67, writer);
}

function writeVui(writer: BitWriter, { timing, maxReorderFrames }: SpsFields): void {
  const isPresent = timing !== undefined || maxReorderFrames !== undefined;
  writer.bits(isPresent ? 1 : 0, 1);
  if (!isPresent) return;
  writer.bits(0, 4); // no aspect ratio, overscan, signal type, chroma location
  writer.bits(timing ? 1 : 0, 1);
  if (timing) {
    writer.bits(timing.unitsInTick, 32);
    writer.bits(timing.timeScale, 32);
    writer.bits(1, 1);
  }
  writer.bits(0, 3); // no HRD, no picture structure
  writer.bits(maxReorderFrames === undefined ? 0 : 1, 1);
  if (maxReorderFrames === undefined) return;
  writer.bits(1, 1);
  for (const value of [0, 0, 10, 10, maxReorderFrames, Math.max(4, maxReorderFrames)])
    writeExpGolomb(writer, value);
}

/** A picture parameter set NAL unit (H.264 §7.3.2.2). */
export function writePps(id: number, spsId: number): Uint8Array {
  const writer = new BitWriter();
  writeExpGolomb(writer, id);
  writeExpGolomb(writer, spsId);
  writer.bits(0, 2); // CAVLC, no bottom field picture order
  for (let i = 0; i < 3; i++) writeExpGolomb(writer, 0); // slice groups, reference pictures
  writer.bits(0, 3);
  for (let i = 0; i < 3; i++) writeSignedExpGolomb(writer, 0);
  writer.bits(0, 3);
  return nalUnit(0x68, writer);
}

/** What tests vary in a slice; the rest is that of a progressive frame. */
export interface SliceFields {
  /** nal_unit_type 5 or 1. */
  readonly isIdr: boolean;
  readonly isReference: boolean;
  readonly firstMb: number;
  readonly sliceType: number;
  readonly ppsId: number;
  readonly frameNum: number;
  readonly picOrderCntLsb: number;
  readonly idrPicId: number;
}

export const IDR_SLICE: SliceFields = {
  isIdr: true,
  isReference: true,
  firstMb: 0,
  sliceType: 7,
  ppsId: 0,
  frameNum: 0,
  picOrderCntLsb: 0,
  idrPicId: 0,
};

/** A slice NAL unit whose header goes with `sps`, with some bytes of rubbish for the macroblocks. */
export function writeSlice(sps: SpsFields, fields: SliceFields): Uint8Array {
  const writer = new BitWriter();
  writeExpGolomb(writer, fields.firstMb);
  writeExpGolomb(writer, fields.sliceType);
  writeExpGolomb(writer, fields.ppsId);
  writer.bits(fields.frameNum, sps.frameNumBits);
  if (!sps.frameMbsOnly) writer.bits(0, 1); // a frame, not a field
  if (fields.isIdr) writeExpGolomb(writer, fields.idrPicId);
  if (sps.picOrderCntType === 0) writer.bits(fields.picOrderCntLsb, sps.picOrderCntLsbBits);
  if (sps.picOrderCntType === 1) writeSignedExpGolomb(writer, 0);
  writer.bits(0xabcd_ef01, 32);
  return nalUnit((fields.isReference ? 0x60 : 0) | (fields.isIdr ? 5 : 1), writer);
}

/** An SEI NAL unit with a recovery point `frameCount` frames on (H.264 §D.1.8), behind some user data. */
export function writeRecoveryPoint(frameCount: number): Uint8Array {
  const payload = new BitWriter();
  writeExpGolomb(payload, frameCount);
  payload.bits(0b1000, 4);
  const recoveryPoint = payload.finish();
  const userData = [4, 3, 0xb5, 0x00, 0x31];
  return Uint8Array.of(6, ...userData, 6, recoveryPoint.length, ...recoveryPoint, 0x80);
}

/** Header, payload with its stop bit, and emulation prevention (H.264 §7.3.1). */
function nalUnit(header: number, writer: BitWriter): Uint8Array {
  writer.bits(1, 1);
  const bytes = [header];
  for (const byte of writer.finish()) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
