import { DEMO_CLOCK } from '@vedette/contract/demo-clock';
import { type Box, type Canvas, type Colour, rgb } from './canvas.ts';
import { GROUND } from './backdrop.ts';

/** Something that moves through the scene. */
export interface Figure {
  /** Draws it as it is `seconds` after the scene began. */
  draw(canvas: Canvas, seconds: number): void;
  /** What it covers then. */
  box(seconds: number): Box;
}

const WIDTH = DEMO_CLOCK.pictureWidth;
/** Figures leave the picture before they enter it again on the other side. */
const MARGIN = 160;
const TYRE = rgb(28, 28, 30);
const GLASS = rgb(150, 190, 206);
const SKIN = rgb(214, 168, 136);
const SPOKE = rgb(150, 150, 150);
const LAMP = rgb(250, 236, 170);

interface Walk {
  /** Place at the beginning, and pixels a second: negative to the left. */
  readonly start: number;
  readonly speed: number;
}

function placeOf({ start, speed }: Walk, seconds: number): number {
  const lap = WIDTH + 2 * MARGIN;
  const along = (start + MARGIN + speed * seconds) % lap;
  return (along < 0 ? along + lap : along) - MARGIN;
}

class Person implements Figure {
  readonly #walk: Walk;
  readonly #ground: number;
  readonly #coat: Colour;
  readonly #trousers: Colour;

  constructor(walk: Walk, ground: number, coat: Colour, trousers: Colour) {
    this.#walk = walk;
    this.#ground = ground;
    this.#coat = coat;
    this.#trousers = trousers;
  }

  box(seconds: number): Box {
    const x = placeOf(this.#walk, seconds);
    return { left: x - 44, right: x + 44, top: this.#ground - 128, bottom: this.#ground + 8 };
  }

  draw(canvas: Canvas, seconds: number): void {
    const x = placeOf(this.#walk, seconds);
    const ground = this.#ground;
    // A step is about 60 pixels; legs and arms swing against each other.
    const swing = Math.sin((x / 60) * Math.PI) * 20;
    const hip = ground - 54;
    canvas.capsule(x, hip, x - swing, ground - 5, 6, this.#trousers);
    canvas.capsule(x, hip, x + swing, ground - 5, 6, this.#trousers);
    canvas.capsule(x, ground - 88, x + swing * 0.9, ground - 54, 5, this.#coat);
    canvas.capsule(x, ground - 90, x, hip, 13, this.#coat);
    canvas.capsule(x, ground - 88, x - swing * 0.9, ground - 54, 5, this.#coat);
    canvas.disc(x, ground - 113, 11, SKIN);
  }
}

class Car implements Figure {
  readonly #drive: Walk;
  readonly #ground: number;
  readonly #paint: Colour;

  constructor(drive: Walk, ground: number, paint: Colour) {
    this.#drive = drive;
    this.#ground = ground;
    this.#paint = paint;
  }

  box(seconds: number): Box {
    const x = placeOf(this.#drive, seconds);
    return { left: x - 112, right: x + 112, top: this.#ground - 84, bottom: this.#ground + 4 };
  }

  draw(canvas: Canvas, seconds: number): void {
    const x = placeOf(this.#drive, seconds);
    const ground = this.#ground;
    const front = Math.sign(this.#drive.speed);
    canvas.capsule(x - 44, ground - 56, x + 40, ground - 56, 22, this.#paint);
    canvas.rect(x - 52, ground - 70, 44, 26, GLASS);
    canvas.rect(x + 4, ground - 70, 44, 26, GLASS);
    canvas.capsule(x - 86, ground - 30, x + 86, ground - 30, 18, this.#paint);
    canvas.rect(x + front * 92 - 8, ground - 36, 16, 8, LAMP);
    for (const wheel of [-58, 58]) {
      canvas.disc(x + wheel, ground - 14, 16, TYRE);
      // A spoke shows that the wheel turns.
      const angle = (x + wheel) / 16;
      canvas.capsule(
        x + wheel,
        ground - 14,
        x + wheel + 9 * Math.cos(angle),
        ground - 14 + 9 * Math.sin(angle),
        2,
        SPOKE,
      );
    }
  }
}

/** Everything that moves, from the back of the scene to the front. */
export function createFigures(): Figure[] {
  const navy = rgb(44, 58, 92);
  const black = rgb(38, 38, 42);
  return [
    new Person({ start: 60, speed: 62 }, GROUND.pavementTop + 24, rgb(178, 52, 48), navy),
    new Person({ start: 980, speed: -54 }, GROUND.pavementTop + 32, rgb(62, 104, 150), black),
    new Person({ start: 420, speed: 78 }, GROUND.pavementTop + 42, rgb(206, 170, 66), navy),
    new Person({ start: 700, speed: -70 }, GROUND.pavementTop + 50, rgb(92, 132, 84), black),
    new Person({ start: 1240, speed: -86 }, GROUND.pavementTop + 58, rgb(140, 92, 148), navy),
    new Car({ start: 200, speed: 210 }, GROUND.farLane + 16, rgb(190, 40, 36)),
    new Car({ start: 1000, speed: 210 }, GROUND.farLane + 16, rgb(232, 232, 228)),
    new Car({ start: 600, speed: -250 }, GROUND.nearLane + 40, rgb(38, 84, 142)),
    new Car({ start: 1330, speed: -250 }, GROUND.nearLane + 40, rgb(216, 164, 44)),
  ];
}
