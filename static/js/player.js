// The player's controls, over the browser's own audio or video element.
import { recall, remember } from "./storage.js";
import { clock } from "./times.js";

const STEP = 5;
const SPEED_KEY = "sttweb:speed";
const TROUBLE = "The audio cannot be played: reload the page, and if that does not help, try another browser.";

export class Player extends EventTarget {
  #frame = 0;

  /** Take up the controls in `element`, which has none before there is something to play. */
  bind(element) {
    this.element = element;
    this.media = element.querySelector("audio, video");
    this.dispatchEvent(new Event("bound"));
    if (!this.media) return;
    this.seekBar = element.querySelector(".seek");
    this.speedList = element.querySelector(".speed");
    const does = { play: () => this.toggle(), back: () => this.skip(-STEP), forward: () => this.skip(STEP) };
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-does]");
      if (button) does[button.dataset.does]?.();
      else if (event.target === this.media) this.toggle();
    });
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    this.speedList.addEventListener("change", () => this.setSpeed(this.speedList.value));
    for (const name of ["play", "pause", "ended"]) this.media.addEventListener(name, () => this.#showPlaying());
    for (const name of ["timeupdate", "loadedmetadata"]) this.media.addEventListener(name, () => this.#showTime());
    this.media.addEventListener("seeking", () => this.#showSought());
    this.media.addEventListener("ended", () => this.dispatchEvent(new Event("ended")));
    this.media.addEventListener("error", () => this.#showTrouble(TROUBLE));
    this.setSpeed(recall(SPEED_KEY) ?? "1");
  }

  get isPlaying() {
    return Boolean(this.media && !this.media.paused);
  }

  /** Seconds of the recording. */
  get now() {
    return this.media?.currentTime ?? 0;
  }

  get duration() {
    // A file that is still being written for play has no length of its own.
    const own = this.media.duration;
    return Number.isFinite(own) ? own : Number(this.element.dataset.duration) || 0;
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  pause() {
    this.media?.pause();
  }

  play() {
    this.media?.play().catch((error) => {
      if (error.name !== "AbortError") this.#showTrouble(TROUBLE);
    });
  }

  playFrom(seconds) {
    this.seek(seconds);
    this.play();
  }

  seek(seconds) {
    if (!this.media) return;
    this.media.currentTime = Math.min(Math.max(0, seconds), this.duration || seconds);
    this.#showSought();
  }

  skip(seconds) {
    this.seek(this.now + seconds);
  }

  setSpeed(value) {
    if (![...this.speedList.options].some((option) => option.value === value)) return;
    this.speedList.value = value;
    this.media.playbackRate = Number(value);
    remember(SPEED_KEY, value);
  }

  changeSpeed(step) {
    const option = this.speedList?.options[this.speedList.selectedIndex + step];
    if (option) this.setSpeed(option.value);
  }

  #showPlaying() {
    const button = this.element.querySelector("[data-does=play]");
    button.setAttribute("aria-label", this.isPlaying ? "Pause" : "Play");
    button.querySelector("[data-when=playing]").hidden = !this.isPlaying;
    button.querySelector("[data-when=paused]").hidden = this.isPlaying;
    cancelAnimationFrame(this.#frame);
    if (this.isPlaying) this.#run();
  }

  /** The browser tells the time four times a second; a segment's start wants it sooner. */
  #run() {
    this.#showTime();
    this.#frame = requestAnimationFrame(() => this.#run());
  }

  /** Tell first that it is somebody who went there, and not the sound. */
  #showSought() {
    this.dispatchEvent(new CustomEvent("sought", { detail: this.now }));
    this.#showTime();
  }

  #showTime() {
    const now = this.media.currentTime;
    const { seekBar, duration } = this;
    seekBar.max = duration;
    seekBar.value = now;
    seekBar.style.setProperty("--played", `${duration ? (100 * now) / duration : 0}%`);
    this.#write("now", clock(now));
    this.#write("duration", clock(duration));
    seekBar.ariaValueText = `${clock(now)} of ${clock(duration)}`;
    this.dispatchEvent(new CustomEvent("time", { detail: now }));
  }

  #write(name, text) {
    const place = this.element.querySelector(`[data-says=${name}]`);
    if (place.textContent !== text) place.textContent = text;
  }

  #showTrouble(sentence) {
    this.element.querySelector("[data-says=trouble]").hidden = false;
    this.#write("trouble", sentence);
  }
}
