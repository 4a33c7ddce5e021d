// Says in words whether everything is saved, and guards the page while it is not.
import { hold, release } from "./guard.js";

// A save that is quicker than this is not worth a word before its end.
const PATIENCE_MS = 400;

export class SaveState {
  #unsaved = new Map();
  #timer = null;

  constructor(element) {
    this.element = element;
  }

  /** `words` say what is the matter with an edit; none means that it is saved. */
  report(edit, words) {
    if (words) this.#unsaved.set(edit, words);
    // What was saved before leaves what is said of something else.
    else if (!this.#unsaved.delete(edit)) return;
    if (this.#unsaved.size > 0) hold(this);
    else release(this);
    this.#show();
  }

  #show() {
    clearTimeout(this.#timer);
    const words = [...this.#unsaved.values()];
    const trouble = words.find((word) => word !== "Saving…");
    this.element.classList.toggle("trouble", Boolean(trouble));
    if (trouble) this.element.textContent = trouble;
    else if (words.length === 0) this.element.textContent = "Saved";
    else {
      // That was said of what was there before.
      if (this.element.textContent === "Saved") this.element.textContent = "";
      this.#timer = setTimeout(() => { this.element.textContent = "Saving…"; }, PATIENCE_MS);
    }
  }
}
