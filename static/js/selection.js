// Which segment is worked on, and which ones are selected to be worked on together.
import { caretIn } from "./carets.js";

export class Selection extends EventTarget {
  #current = null;
  #caret = 0;
  #anchor = null;

  constructor(list, status) {
    super();
    Object.assign(this, { list, status });
    list.addEventListener("focusin", ({ target }) => this.#enter(target.closest(".segment")));
    list.addEventListener("focusout", ({ target }) => this.#keepCaret(target));
    // Before the click plays from there.
    list.addEventListener("click", (event) => this.#click(event), { capture: true });
  }

  /** The segment that has, or last had, the focus. */
  get current() {
    return this.#current?.isConnected ? this.#current : null;
  }

  get selected() {
    return [...this.list.querySelectorAll(".segment.selected")];
  }

  /** What an act is meant for: the selected segments, or else the current one. */
  get targets() {
    const { selected, current } = this;
    return selected.length || !current ? selected : [current];
  }

  /** The caret's place in the text of the current segment, also once a button has taken the focus. */
  get caret() {
    const box = this.current?.querySelector(".text");
    return box && box === document.activeElement ? caretIn(box) : this.#caret;
  }

  toggle(segment = this.current) {
    if (!segment) return;
    segment.classList.toggle("selected");
    this.#anchor = segment;
    this.#tell();
  }

  clear() {
    if (!this.selected.length) return false;
    for (const segment of this.selected) segment.classList.remove("selected");
    this.#tell();
    return true;
  }

  #enter(segment) {
    if (!segment || segment === this.#current) return;
    this.#current = segment;
    this.#caret = 0;
    this.dispatchEvent(new Event("change"));
  }

  #keepCaret(target) {
    if (target.matches(".text") && target.closest(".segment") === this.#current) this.#caret = caretIn(target);
  }

  #click(event) {
    const segment = event.target.closest(".at")?.closest(".segment");
    if (!segment) return;
    const isMore = event.ctrlKey || event.metaKey;
    // Once something is selected, the times are what selects: a finger holds no key.
    if (!event.shiftKey && !isMore && !this.selected.length) return;
    event.stopPropagation();
    if (event.shiftKey) this.#extend(segment);
    else this.toggle(segment);
  }

  #extend(segment) {
    const all = [...this.list.children];
    const [from, to] = [all.indexOf(this.#anchor ?? this.current ?? segment), all.indexOf(segment)];
    const range = all.slice(Math.max(0, Math.min(from, to)), Math.max(from, to) + 1);
    for (const one of range) one.classList.add("selected");
    this.#tell();
  }

  #tell() {
    const { length } = this.selected;
    this.status.textContent = length ? `${length} ${length === 1 ? "segment" : "segments"} selected` : "";
    this.dispatchEvent(new Event("change"));
  }
}
