import { clock } from "./times.js";

/** A clock that counts the time between `start` and `stop`. */
export class Elapsed {
  #before = 0;
  #since = null;
  #timer = null;

  constructor(element) {
    this.element = element;
  }

  get seconds() {
    const running = this.#since === null ? 0 : performance.now() - this.#since;
    return (this.#before + running) / 1000;
  }

  start() {
    this.#since = performance.now();
    this.#timer = setInterval(() => this.#show(), 200);
  }

  stop() {
    this.#before = this.seconds * 1000;
    this.#since = null;
    clearInterval(this.#timer);
    this.#show();
  }

  reset() {
    this.stop();
    this.#before = 0;
    this.#show();
  }

  #show() {
    this.element.textContent = clock(this.seconds);
  }
}
