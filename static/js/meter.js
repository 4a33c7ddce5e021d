// Shows how loud it is, and notices when nothing is heard.

const BAR = 3;
const GAP = 2;
const BARS_PER_SECOND = 20;
// Root mean square of full scale: below this even a quiet voice near the microphone is not (-46 dB).
const QUIET = 0.005;
const SILENCE_SECONDS = 8;

export class Meter {
  #levels = [];
  #lastHeard = 0;
  #timer = null;

  constructor(canvas, { onSilence }) {
    this.canvas = canvas;
    this.onSilence = onSilence;
    this.isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** Measure what comes out of a node of an audio graph. */
  start(node) {
    this.analyser = node.context.createAnalyser();
    this.analyser.fftSize = 2048;
    node.connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
    this.#levels = [];
    this.resume();
  }

  resume() {
    clearInterval(this.#timer);
    this.#lastHeard = performance.now();
    this.#timer = setInterval(() => this.#measure(), 1000 / BARS_PER_SECOND);
  }

  rest() {
    clearInterval(this.#timer);
  }

  #measure() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const level = Math.sqrt(this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length);
    const now = performance.now();
    if (level > QUIET) this.#lastHeard = now;
    this.onSilence(now - this.#lastHeard > SILENCE_SECONDS * 1000);
    this.#levels.push(level);
    this.#draw();
  }

  #draw() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = getComputedStyle(canvas).color;
    if (this.isStill) this.#drawBar(pen, width, height);
    else this.#drawHistory(pen, width, height);
  }

  /** One bar that grows with the level: nothing travels across the page. */
  #drawBar(pen, width, height) {
    pen.fillRect(0, height / 2 - 4, width * loudness(this.#levels.at(-1)), 8);
  }

  #drawHistory(pen, width, height) {
    const shown = Math.ceil(width / (BAR + GAP));
    this.#levels = this.#levels.slice(-shown);
    this.#levels.forEach((level, index) => {
      const tall = Math.max(2, loudness(level) * height);
      const left = width - (this.#levels.length - index) * (BAR + GAP);
      pen.fillRect(left, (height - tall) / 2, BAR, tall);
    });
  }
}

/** Return 0 to 1 for -54 to -6 dB, as ears judge it. */
function loudness(level) {
  return Math.min(1, Math.max(0, (20 * Math.log10(level + 1e-6) + 54) / 48));
}
