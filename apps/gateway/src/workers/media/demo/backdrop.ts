import { type Canvas, type Colour, rgb } from './canvas.ts';

/** Where things stand in the scene, in pixels from the top. */
export const GROUND = { pavementTop: 430, roadTop: 500, farLane: 560, nearLane: 640 } as const;

const WINDOW = rgb(62, 78, 96);
const LIT_WINDOW = rgb(226, 200, 132);
const PAVEMENT = rgb(168, 164, 156);
const KERB = rgb(120, 118, 114);
const ROAD = rgb(82, 84, 88);
const MARKING = rgb(222, 222, 214);
const TRUNK = rgb(92, 70, 52);
const LEAVES = rgb(64, 112, 62);

interface House {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly wall: Colour;
}

const HOUSES: readonly House[] = [
  { left: 0, width: 250, top: 190, wall: rgb(176, 132, 108) },
  { left: 250, width: 190, top: 250, wall: rgb(196, 184, 160) },
  { left: 440, width: 300, top: 150, wall: rgb(142, 152, 162) },
  { left: 740, width: 220, top: 230, wall: rgb(188, 150, 120) },
  { left: 960, width: 320, top: 180, wall: rgb(160, 168, 150) },
];

/** Draws what stands still: sky, houses, trees, pavement and road. */
export function drawBackdrop(canvas: Canvas): void {
  const { width, height } = canvas;
  for (let y = 0; y < GROUND.pavementTop; y += 10) {
    canvas.rect(0, y, width, 10, rgb(126 + y / 5, 172 + y / 8, 220));
  }
  for (const house of HOUSES) drawHouse(canvas, house);
  canvas.rect(0, GROUND.pavementTop, width, GROUND.roadTop - GROUND.pavementTop, PAVEMENT);
  canvas.rect(0, GROUND.roadTop - 8, width, 8, KERB);
  canvas.rect(0, GROUND.roadTop, width, height - GROUND.roadTop, ROAD);
  for (let x = 20; x < width; x += 120) canvas.rect(x, 596, 64, 6, MARKING);
  for (const x of [120, 480, 850, 1180]) drawTree(canvas, x);
  // Grain keeps the picture from looking like a cartoon, to people and to encoders.
  canvas.grain(0, 0, width, GROUND.pavementTop, 2, 1);
  canvas.grain(0, GROUND.pavementTop, width, height - GROUND.pavementTop, 5, 2);
}

function drawHouse(canvas: Canvas, { left, width, top, wall }: House): void {
  canvas.rect(left, top, width, GROUND.pavementTop - top, wall);
  canvas.rect(left, top, width, 8, KERB);
  for (let y = top + 26; y + 40 < GROUND.pavementTop - 20; y += 58) {
    for (let x = left + 18; x + 30 < left + width; x += 52) {
      canvas.rect(x, y, 30, 38, (x * 7 + y * 3) % 11 === 0 ? LIT_WINDOW : WINDOW);
    }
  }
}

function drawTree(canvas: Canvas, x: number): void {
  canvas.rect(x - 6, 360, 12, 84, TRUNK);
  for (const [dx, dy, radius] of [
    [0, 0, 40],
    [-28, 22, 28],
    [28, 22, 28],
    [0, 34, 34],
  ] as const) {
    canvas.disc(x + dx, 330 + dy, radius, LEAVES);
  }
}
