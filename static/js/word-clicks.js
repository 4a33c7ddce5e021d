// Playing from a word: with Alt and a click, with a plain click while only listening, or from the caret.
import { recall, remember } from "./storage.js";
import { offsetIn, timeAt } from "./words.js";

const KEY = "sttweb:listen";

/** Return the time of the word at a place in the document; null outside of text. */
function timeOf(node, offset) {
  const box = (node instanceof Element ? node : node?.parentElement)?.closest(".text");
  return box ? timeAt(box.closest(".segment"), offsetIn(box, node, offset)) : null;
}

/** Return the time of the word under a click. */
export function timeUnder({ clientX, clientY }) {
  // Safari had caretRangeFromPoint for years before it took up the standard.
  const caret = document.caretPositionFromPoint?.(clientX, clientY);
  if (caret) return timeOf(caret.offsetNode, caret.offset);
  const range = document.caretRangeFromPoint?.(clientX, clientY);
  return range ? timeOf(range.startContainer, range.startOffset) : null;
}

export class WordClicks {
  constructor(list, player, toggle) {
    Object.assign(this, { list, player, toggle });
    // Before the click, where the caret would be put and a keyboard would rise from the foot of a phone.
    list.addEventListener("mousedown", (event) => this.#isMeant(event) && event.preventDefault());
    list.addEventListener("click", (event) => {
      if (!this.#isMeant(event)) return;
      const seconds = timeUnder(event);
      if (seconds !== null) player.playFrom(seconds);
    });
    toggle.addEventListener("click", () => this.listen(!this.isListening));
    this.listen(recall(KEY) === "on");
  }

  get isListening() {
    return this.toggle.ariaPressed === "true";
  }

  /** Let plain clicks on words play from them, instead of putting the caret there. */
  listen(isOn) {
    this.toggle.ariaPressed = isOn;
    this.list.classList.toggle("listening", isOn);
    remember(KEY, isOn ? "on" : "off");
    if (isOn) this.list.querySelector(".text:focus")?.blur();
  }

  #isMeant(event) {
    const box = event.target.closest(".text");
    return Boolean(box) && event.button === 0 && (event.altKey || this.isListening || !box.isContentEditable);
  }
}
