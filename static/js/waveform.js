// The sound as a picture: wavesurfer.js over peaks that the server made, so that no sound is decoded here.
import { Refused, Unreachable, request } from "./http.js";

const HEADER_BYTES = 24; // audiowaveform's .dat, version 2
const [COARSE, FINE] = [1, 10]; // peaks a second
const SHORT = 600; // seconds of which the fine ones are fetched at once
const STEPS = [0, 2, 10, 40]; // pixels a second; none shows the whole
const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Fetch the peaks; null while there are none. */
async function peaksOf(url, rate) {
  try {
    const response = await request(`${url}?rate=${rate}`, { headers: { Accept: "application/octet-stream" } });
    return parse(await response.arrayBuffer());
  } catch (error) {
    // Without a connection there is no picture, and everything else works.
    if (error instanceof Refused || error instanceof Unreachable) return null;
    throw error;
  }
}

/** Return {peaks, duration} of a .dat file: its pairs of least and greatest become one value each. */
export function parse(buffer) {
  const view = new DataView(buffer);
  const [rate, samples, length] = [view.getInt32(8, true), view.getInt32(12, true), view.getUint32(16, true)];
  const values = new Int8Array(buffer, HEADER_BYTES, 2 * length);
  const peaks = Float32Array.from({ length }, (_, i) => Math.max(-values[2 * i], values[2 * i + 1]) / 128);
  return { peaks, duration: (length * samples) / rate };
}

export class Waveform {
  #wave = null;
  #step = 0;
  #isFine = false;
  #asked = 0;
  #length = 0;

  constructor(player) {
    this.player = player;
    DARK.addEventListener("change", () => this.#wave?.setOptions(colours(this.box)));
  }

  /** Draw what the player has now, if it has anything and its peaks are made. */
  bind() {
    const { element, media } = this.player;
    this.#wave?.destroy();
    this.#wave = null;
    this.box = element.querySelector(".waveform");
    this.#step = 0;
    this.#isFine = Boolean(media) && this.player.duration > 0 && this.player.duration < SHORT;
    element.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-zooms]");
      if (button) this.zoom(Number(button.dataset.zooms));
    });
    return this.renew();
  }

  /** Draw the peaks that there are by now: a player may be here before the sound was read to its end. */
  async renew() {
    const asked = ++this.#asked;
    if (!this.player.media) return;
    const found = await peaksOf(this.box.dataset.peaks, this.#isFine ? FINE : COARSE);
    if (!found || (this.#wave && found.peaks.length === this.#length)) return;
    const { default: WaveSurfer } = await import("../vendor/wavesurfer.js-8.0.1/wavesurfer.esm.js");
    if (asked === this.#asked) this.#draw(WaveSurfer, found);
  }

  #draw(WaveSurfer, { peaks, duration }) {
    this.#wave?.destroy();
    this.#length = peaks.length;
    this.box.hidden = false;
    this.#wave = WaveSurfer.create({
      container: this.box,
      media: this.player.media,
      peaks: [peaks],
      duration,
      height: "auto",
      normalize: true,
      hideScrollbar: true,
      cspNonce: document.querySelector("link[nonce]").nonce,
      ...colours(this.box),
    });
    if (this.#step) this.zoom(0);
  }

  /** Show less by a step, or more by -1. */
  async zoom(by) {
    this.#step = Math.min(STEPS.length - 1, Math.max(0, this.#step + by));
    for (const button of this.player.element.querySelectorAll("[data-zooms]")) {
      const next = this.#step + Number(button.dataset.zooms);
      button.disabled = next < 0 || next >= STEPS.length;
    }
    if (STEPS[this.#step] > 1 && !this.#isFine) await this.#refine();
    this.#wave.zoom(STEPS[this.#step]);
  }

  async #refine() {
    this.#isFine = true;
    const found = await peaksOf(this.box.dataset.peaks, FINE);
    if (!found) return;
    this.#length = found.peaks.length;
    this.#wave.setOptions({ peaks: [found.peaks], duration: found.duration });
  }
}

/** A canvas takes no custom properties, nor light-dark(): these are as the browser has worked them out. */
function colours(box) {
  const { color, outlineColor, caretColor } = getComputedStyle(box);
  return { waveColor: color, progressColor: outlineColor, cursorColor: caretColor, cursorWidth: 2 };
}
