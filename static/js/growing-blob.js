// Bytes that grow at their end. To add some, and to read on where reading stopped, costs the same at any length.

// So many pieces become one: a browser keeps an account of each.
const MOST_PIECES = 64;

export class GrowingBlob {
  // What is before the place that was read last, and what is after it.
  #read = [];
  #unread;
  #place;

  /** `data` begins at the byte `base`. */
  constructor(base, data) {
    this.base = base;
    this.end = base + data.size;
    this.#place = base;
    this.#unread = [data];
  }

  push(part) {
    this.#unread.push(part);
    this.end += part.size;
  }

  whole(type) {
    return new Blob([...this.#read, ...this.#unread], { type });
  }

  /** Return at most `length` bytes from `place` on, which is at least `base`. */
  slice(place, length, type) {
    this.#goTo(place);
    return this.#unread[0].slice(0, length, type);
  }

  #goTo(place) {
    if (place < this.#place) this.#goBack();
    const ahead = new Blob(this.#unread);
    this.#read.push(ahead.slice(0, place - this.#place));
    if (this.#read.length > MOST_PIECES) this.#read = [new Blob(this.#read)];
    this.#unread = [ahead.slice(place - this.#place)];
    this.#place = place;
  }

  /** A server that lost some is given them again. */
  #goBack() {
    this.#unread = [this.whole()];
    this.#read = [];
    this.#place = this.base;
  }
}
