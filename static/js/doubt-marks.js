// Underlines doubtful words in the text, where the reader has asked for that.
import { request } from "./http.js";
import { mark, rangeIn } from "./ranges.js";
import { recall, remember } from "./storage.js";

const KEY = "sttweb:doubts";
// Longer than what was typed takes to be saved.
const EDIT_MS = 1500;

export class DoubtMarks {
  static #only = null;
  #timer = null;
  #asked = 0;

  static get isOn() {
    return recall(KEY) === "on";
  }

  static of(list, url) {
    this.#only ??= new DoubtMarks(list, url);
    return this.#only;
  }

  constructor(list, url) {
    Object.assign(this, { list, url });
    this.changes = new MutationObserver(() => this.#soon());
  }

  turn(isOn) {
    remember(KEY, isOn ? "on" : "off");
    clearTimeout(this.#timer);
    if (isOn) {
      this.changes.observe(this.list, { childList: true, subtree: true, characterData: true });
      this.show();
    } else {
      this.changes.disconnect();
      mark("doubtful", []);
    }
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.show(), EDIT_MS);
  }

  async show() {
    const asked = ++this.#asked;
    try {
      const { segments } = await (await request(this.url)).json();
      // What was asked for later is what counts.
      if (DoubtMarks.isOn && asked === this.#asked) mark("doubtful", Object.entries(segments).flatMap(rangesOf));
    } catch {
      // The connection is lost, which is said already; the next change asks again.
    }
  }
}

/** Return the ranges of a segment, unless its text is another by now. */
function rangesOf([segment, [version, places]]) {
  const element = document.getElementById(`segment-${segment}`);
  if (Number(element?.dataset.version) !== version) return [];
  return places.map(([first, last]) => rangeIn(segment, first, last)).filter(Boolean);
}
