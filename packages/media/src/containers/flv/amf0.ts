import { ProtocolError } from '../../errors.ts';

/** Limits on AMF0 from strangers. */
export const AMF0_LIMITS = {
  /** Objects and arrays inside each other. */
  depth: 16,
  /** Values of one message, those inside objects and arrays too. */
  values: 2048,
} as const;

/** An object of AMF0; without a prototype when it was parsed. */
export interface Amf0Object {
  readonly [key: string]: Amf0Value;
}

/** A value of AMF0. Dates are parsed to milliseconds since the Unix epoch, ECMA arrays to objects. */
export type Amf0Value =
  number | boolean | string | null | undefined | Amf0Object | Amf0EcmaArray | readonly Amf0Value[];

/** To be serialized as an ECMA array (AMF0 §2.10): `onMetaData` is one. */
export class Amf0EcmaArray {
  readonly entries: Amf0Object;

  constructor(entries: Amf0Object) {
    this.entries = entries;
  }
}

const Marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  xmlDocument: 0x0f,
  typedObject: 0x10,
} as const;

const utf8 = new TextDecoder();
const toUtf8 = new TextEncoder();

/** Whether a parsed value is an object (or was an ECMA array). */
export function isAmf0Object(value: Amf0Value): value is Amf0Object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Amf0EcmaArray)
  );
}

/**
 * Parses the AMF0 values that fill `bytes` (Action Message Format 0, 2007). An object that the end of the data
 * cuts off is taken as it is, as some encoders leave out its last marker.
 *
 * @throws {ProtocolError} `ERR_AMF0`: an unknown or unusable marker, or data that ends inside a value;
 * `ERR_AMF0_LIMIT`: more than {@link AMF0_LIMITS} allow.
 */
export function parseAmf0(bytes: Uint8Array): Amf0Value[] {
  const reader = new Amf0Reader(bytes);
  const values: Amf0Value[] = [];
  while (!reader.isAtEnd) values.push(reader.value(0));
  return values;
}

/** Serializes values one after the other, as commands and data messages hold them. */
export function serializeAmf0(values: readonly Amf0Value[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) writeValue(bytes, value);
  return Uint8Array.from(bytes);
}

class Amf0Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  value(depth: number): Amf0Value {
    this.#values += 1;
    if (this.#values > AMF0_LIMITS.values) throw tooMuch(`more than ${AMF0_LIMITS.values} values`);
    if (depth > AMF0_LIMITS.depth) throw tooMuch(`more than ${AMF0_LIMITS.depth} levels`);
    const marker = this.#view.getUint8(this.#take(1));
    switch (marker) {
      case Marker.number:
        return this.#view.getFloat64(this.#take(8));
      case Marker.boolean:
        return this.#view.getUint8(this.#take(1)) !== 0;
      case Marker.string:
        return this.#string(this.#u16());
      case Marker.null:
        return null;
      case Marker.undefined:
      case Marker.unsupported:
        return undefined;
      case Marker.date:
        return this.#view.getFloat64(this.#take(10)); // and a time zone that is always 0 (§2.13)
      case Marker.longString:
      case Marker.xmlDocument:
        return this.#string(this.#u32());
      default:
        return this.#compound(marker, depth);
    }
  }

  #compound(marker: number, depth: number): Amf0Value {
    switch (marker) {
      case Marker.object:
        return this.#object(depth);
      case Marker.typedObject:
        this.#string(this.#u16()); // the name of its class
        return this.#object(depth);
      case Marker.ecmaArray:
        this.#u32(); // a count that nobody keeps right; the end marker counts
        return this.#object(depth);
      case Marker.strictArray:
        return this.#array(this.#u32(), depth);
      default:
        // Among them references and the switch to AMF3 (0x11), which nobody sends in what is read here.
        throw invalid(`marker 0x${marker.toString(16)}`);
    }
  }

  #object(depth: number): Amf0Object {
    const object = Object.create(null) as Record<string, Amf0Value>;
    while (!this.isAtEnd) {
      const key = this.#string(this.#u16());
      if (key === '' && this.#bytes[this.#at] === Marker.objectEnd) {
        this.#at += 1;
        break;
      }
      object[key] = this.value(depth + 1);
    }
    return object;
  }

  #array(count: number, depth: number): Amf0Value[] {
    if (count > AMF0_LIMITS.values) throw tooMuch(`an array of ${count} values`);
    const values: Amf0Value[] = [];
    for (let i = 0; i < count; i++) values.push(this.value(depth + 1));
    return values;
  }

  #u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  #string(length: number): string {
    const start = this.#take(length);
    return utf8.decode(this.#bytes.subarray(start, start + length));
  }

  #take(length: number): number {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw invalid('it ends inside a value');
    return start;
  }
}

function writeValue(bytes: number[], value: Amf0Value): void {
  if (typeof value === 'number') writeNumber(bytes, value);
  else if (typeof value === 'boolean') bytes.push(Marker.boolean, value ? 1 : 0);
  else if (typeof value === 'string') writeString(bytes, value);
  else if (value === null) bytes.push(Marker.null);
  else if (value === undefined) bytes.push(Marker.undefined);
  else if (value instanceof Amf0EcmaArray) {
    bytes.push(Marker.ecmaArray, ...u32(Object.keys(value.entries).length));
    writeEntries(bytes, value.entries);
  } else if (isAmf0Object(value)) {
    bytes.push(Marker.object);
    writeEntries(bytes, value);
  } else {
    bytes.push(Marker.strictArray, ...u32(value.length));
    for (const element of value) writeValue(bytes, element);
  }
}

function writeNumber(bytes: number[], value: number): void {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  bytes.push(Marker.number, ...new Uint8Array(view.buffer));
}

function writeString(bytes: number[], value: string): void {
  const encoded = toUtf8.encode(value);
  if (encoded.length > 0xffff) bytes.push(Marker.longString, ...u32(encoded.length));
  else bytes.push(Marker.string, encoded.length >>> 8, encoded.length & 0xff);
  for (const byte of encoded) bytes.push(byte);
}

function writeEntries(bytes: number[], entries: Amf0Object): void {
  for (const [key, value] of Object.entries(entries)) {
    const encoded = toUtf8.encode(key);
    bytes.push(encoded.length >>> 8, encoded.length & 0xff, ...encoded);
    writeValue(bytes, value);
  }
  bytes.push(0, 0, Marker.objectEnd);
}

function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_AMF0', `Bad AMF0: ${reason}`);
}

function tooMuch(reason: string): ProtocolError {
  return new ProtocolError('ERR_AMF0_LIMIT', `Too much AMF0: ${reason}`);
}
