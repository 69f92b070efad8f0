/** A colour of video: BT.709, 16…235 for Y and 16…240 for U and V. */
export interface Colour {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** A colour by red, green and blue (0…255), converted as BT.709 limited range. */
export function rgb(red: number, green: number, blue: number): Colour {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return {
    y: Math.round(16 + (luma * 219) / 255),
    u: Math.round(128 + (((blue - luma) / 1.8556) * 224) / 255),
    v: Math.round(128 + (((red - luma) / 1.5748) * 224) / 255),
  };
}

/**
 * A picture of three planes (YUV 4:2:0, one after the other without padding) and the few shapes that
 * the scene is made of. Coordinates are pixels, rounded; what lies outside is cut off.
 */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** All planes, as encoders take them. */
  readonly bytes: Buffer;
  readonly #y: Uint8Array;
  readonly #u: Uint8Array;
  readonly #v: Uint8Array;

  /** `width` and `height` are even. */
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    const luma = width * height;
    this.bytes = Buffer.alloc((luma * 3) / 2, 128);
    this.#y = this.bytes.subarray(0, luma);
    this.#u = this.bytes.subarray(luma, luma * 1.25);
    this.#v = this.bytes.subarray(luma * 1.25);
  }

  rect(x: number, y: number, width: number, height: number, colour: Colour): void {
    const bottom = Math.min(this.height, Math.round(y + height));
    for (let row = Math.max(0, Math.round(y)); row < bottom; row++) this.#span(x, x + width, row, colour);
  }

  disc(x: number, y: number, radius: number, colour: Colour): void {
    this.capsule(x, y, x, y, radius, colour);
  }

  /** A line with round ends, `2 × radius` thick. */
  capsule(x0: number, y0: number, x1: number, y1: number, radius: number, colour: Colour): void {
    const top = Math.max(0, Math.ceil(Math.min(y0, y1) - radius));
    const bottom = Math.min(this.height - 1, Math.floor(Math.max(y0, y1) + radius));
    const length = Math.hypot(x1 - x0, y1 - y0);
    const sine = length === 0 ? 0 : (x1 - x0) / length;
    const cosine = length === 0 ? 0 : (y1 - y0) / length;
    for (let row = top; row <= bottom; row++) {
      // Convex: the row's span is the hull of those of its two discs and of the box between them.
      const span = { left: Number.POSITIVE_INFINITY, right: Number.NEGATIVE_INFINITY };
      discSpan(span, x0, y0, radius, row);
      discSpan(span, x1, y1, radius, row);
      edgeSpan(span, x0 + cosine * radius, y0 - sine * radius, x1 + cosine * radius, y1 - sine * radius, row);
      edgeSpan(span, x0 - cosine * radius, y0 + sine * radius, x1 - cosine * radius, y1 + sine * radius, row);
      if (span.left < span.right) this.#span(span.left, span.right, row, colour);
    }
  }

  /** Adds noise of up to `amplitude` to the brightness, the same for the same `seed`. */
  grain(x: number, y: number, width: number, height: number, amplitude: number, seed: number): void {
    let state = seed;
    for (let row = y; row < y + height; row++) {
      for (let index = row * this.width + x, end = index + width; index < end; index++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
        this.#y[index] = (this.#y[index] ?? 0) + (((state >>> 16) * (2 * amplitude + 1)) >> 16) - amplitude;
      }
    }
  }

  /** Takes a rectangle from a picture of the same size. */
  restore(from: Canvas, box: Box): void {
    const left = Math.max(0, Math.floor(box.left / 2) * 2);
    const top = Math.max(0, Math.floor(box.top / 2) * 2);
    const right = Math.min(this.width, Math.ceil(box.right / 2) * 2);
    const bottom = Math.min(this.height, Math.ceil(box.bottom / 2) * 2);
    if (left >= right) return;
    for (let row = top; row < bottom; row++) {
      const start = row * this.width;
      this.#y.set(from.#y.subarray(start + left, start + right), start + left);
    }
    for (let row = top / 2; row < bottom / 2; row++) {
      const start = (row * this.width) / 2 + left / 2;
      const end = start + (right - left) / 2;
      this.#u.set(from.#u.subarray(start, end), start);
      this.#v.set(from.#v.subarray(start, end), start);
    }
  }

  #span(left: number, right: number, row: number, { y, u, v }: Colour): void {
    const from = Math.max(0, Math.round(left));
    const to = Math.min(this.width, Math.round(right));
    if (from >= to) return;
    this.#y.fill(y, row * this.width + from, row * this.width + to);
    if (row % 2 !== 0) return;
    const start = (row * this.width) / 4;
    this.#u.fill(u, start + Math.floor(from / 2), start + Math.ceil(to / 2));
    this.#v.fill(v, start + Math.floor(from / 2), start + Math.ceil(to / 2));
  }
}

/** Part of a picture; `right` and `bottom` lie outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Span {
  left: number;
  right: number;
}

function discSpan(span: Span, x: number, y: number, radius: number, row: number): void {
  const square = radius * radius - (row - y) * (row - y);
  if (square <= 0) return;
  const half = Math.sqrt(square);
  span.left = Math.min(span.left, x - half);
  span.right = Math.max(span.right, x + half);
}

function edgeSpan(span: Span, x0: number, y0: number, x1: number, y1: number, row: number): void {
  if (y0 === y1 || row < Math.min(y0, y1) || row > Math.max(y0, y1)) return;
  const x = x0 + ((row - y0) / (y1 - y0)) * (x1 - x0);
  span.left = Math.min(span.left, x);
  span.right = Math.max(span.right, x);
}
