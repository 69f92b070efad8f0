import { DEMO_CLOCK, encodeDemoClock } from '@vedette/contract/demo-clock';
import { drawBackdrop } from './backdrop.ts';
import { type Box, Canvas, rgb } from './canvas.ts';
import { drawText, textHeight, textWidth } from './digits.ts';
import { createFigures } from './figures.ts';
import { BEEP_MS } from './tone.ts';

const PANEL = rgb(16, 18, 22);
const TEXT = rgb(244, 244, 236);
const WHITE = rgb(255, 255, 255);
const BLACK = rgb(0, 0, 0);
const LAMP_ON = rgb(255, 236, 120);
const LAMP_OFF = rgb(70, 66, 52);

const TIME_SCALE = 8;
const DATE_SCALE = 4;
const TEXT_LEFT = 40;
const TIME_TOP = 36;
const DATE_TOP = TIME_TOP + textHeight(TIME_SCALE) + 16;
const PANEL_BOX: Box = {
  left: 24,
  top: 20,
  right: TEXT_LEFT + textWidth('00:00:00.000', TIME_SCALE) + 16,
  bottom: DATE_TOP + textHeight(DATE_SCALE) + 16,
};

/** Size of the picture, in pixels. */
export const SCENE_SIZE = { width: DEMO_CLOCK.pictureWidth, height: DEMO_CLOCK.pictureHeight } as const;

/**
 * The street that the demo camera looks at. Draws only what moves: the street itself is drawn once
 * and put back where something was.
 */
export class Scene {
  readonly #canvas = new Canvas(SCENE_SIZE.width, SCENE_SIZE.height);
  readonly #backdrop = new Canvas(SCENE_SIZE.width, SCENE_SIZE.height);
  readonly #figures = createFigures();
  #covered: Box[] = [];
  #date = '';

  constructor() {
    drawBackdrop(this.#backdrop);
    const { left, top, right, bottom } = PANEL_BOX;
    this.#backdrop.rect(left, top, right - left, bottom - top, PANEL);
    this.#canvas.restore(this.#backdrop, {
      left: 0,
      top: 0,
      right: SCENE_SIZE.width,
      bottom: SCENE_SIZE.height,
    });
  }

  /**
   * The picture at `unixMs`, valid until the next call.
   *
   * @param seconds since the scene began.
   */
  render(unixMs: number, seconds: number): Buffer {
    for (const box of this.#covered) this.#canvas.restore(this.#backdrop, box);
    this.#covered = this.#figures.map((figure) => figure.box(seconds));
    for (const figure of this.#figures) figure.draw(this.#canvas, seconds);
    this.#drawClock(Math.round(unixMs));
    return this.#canvas.bytes;
  }

  #drawClock(unixMs: number): void {
    const { left, top, cell } = DEMO_CLOCK;
    for (const [index, isWhite] of encodeDemoClock(unixMs).entries()) {
      this.#canvas.rect(left + index * cell, top, cell, cell, isWhite ? WHITE : BLACK);
    }
    // The lamp is lit while the beep sounds: whoever sees one and hears the other can compare.
    this.#canvas.disc(1212, 68, 32, unixMs % 1000 < BEEP_MS ? LAMP_ON : LAMP_OFF);
    const { time, date } = localTime(unixMs);
    this.#canvas.restore(this.#backdrop, {
      ...PANEL_BOX,
      top: TIME_TOP,
      bottom: TIME_TOP + textHeight(TIME_SCALE),
    });
    drawText(this.#canvas, time, TEXT_LEFT, TIME_TOP, TIME_SCALE, TEXT);
    if (date === this.#date) return;
    this.#date = date;
    this.#canvas.restore(this.#backdrop, { ...PANEL_BOX, top: DATE_TOP });
    drawText(this.#canvas, date, TEXT_LEFT, DATE_TOP, DATE_SCALE, TEXT);
  }
}

/** What a clock on the wall shows: `HH:MM:SS.mmm` and `YYYY-MM-DD`, where this machine is. */
function localTime(unixMs: number): { time: string; date: string } {
  const local = new Date(unixMs - new Date(unixMs).getTimezoneOffset() * 60_000).toISOString();
  return { time: local.slice(11, 23), date: local.slice(0, 10) };
}
