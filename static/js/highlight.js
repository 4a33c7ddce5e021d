// Marks the word that is heard, without an element of its own.
import { segmentAt } from "./follow.js";
import { rangeOf, wordAt, wordsOf } from "./words.js";

const NAME = "current-word";

export class WordHighlight {
  #range = document.createRange();
  #shown = null;

  constructor(list, player) {
    this.list = list;
    // Browsers without the Highlight API mark the segment alone.
    this.registry = globalThis.CSS?.highlights;
    if (!this.registry) return;
    this.highlight = new Highlight();
    this.registry.set(NAME, this.highlight);
    player.addEventListener("time", ({ detail }) => this.show(detail));
  }

  /** Mark the word heard at `seconds`; none in silence before a segment's first. */
  show(seconds) {
    const segment = segmentAt(this.list.children, seconds);
    const words = segment && wordsOf(segment);
    const index = words ? wordAt(words, seconds) : -1;
    const word = index < 0 ? null : words.bounds[index];
    if (word === this.#shown) return;
    this.#shown = word;
    this.highlight.clear();
    if (word) this.highlight.add(rangeOf(segment, index, this.#range));
  }
}
