// One segment under correction: saves itself, tries again, and never lets one of two texts go.
import { Conflict } from "./conflict.js";
import { oneLine } from "./one-line.js";
import { showFacts } from "./segment-facts.js";
import { SegmentSaving } from "./segment-saving.js";

export class SegmentEdit {
  #expected = null;
  #conflict = null;
  #isWithdrawn = false;

  /** `accepted` is the text that the server has, as far as this page knows, and `version` its version. */
  constructor(element, context) {
    this.element = element;
    this.id = element.dataset.segment;
    this.version = Number(element.dataset.version);
    // early.js keeps the text from before the first key.
    this.accepted = oneLine(this.box.dataset.before ?? this.text);
    this.context = context;
    this.saving = new SegmentSaving(this, context.endpoint);
  }

  get box() {
    return this.element.querySelector(".text");
  }

  get text() {
    return oneLine(this.box.textContent);
  }

  set text(text) {
    this.box.textContent = text;
  }

  get isDirty() {
    return !this.#isWithdrawn && this.text !== (this.#expected ?? this.accepted);
  }

  get hasConflict() {
    return this.#conflict !== null;
  }

  /** Whether nothing is to be saved for now. */
  get isHeld() {
    return this.hasConflict || this.#expected !== null;
  }

  get isBusy() {
    return this.isDirty || this.saving.isUnderWay || this.hasConflict;
  }

  typed() {
    this.#keep();
    this.#conflict?.showYours(this.text);
    if (this.isHeld) return;
    this.report("Saving…");
    this.saving.soon();
  }

  save() {
    return this.saving.begin();
  }

  /** Save `text` now, in one attempt. Throws where that does not work, or two versions wait for a choice. */
  flush(text = this.text) {
    return this.saving.flush(text);
  }

  /** A later version of the same text, as when its times were moved, is nothing to choose between. */
  isSameText({ text, version }, sent) {
    if (text !== this.accepted || !(version > sent)) return false;
    this.version = version;
    return true;
  }

  /** The server has `text`. */
  accept(text, saved) {
    this.#stands(text, saved);
    this.context.onSaved?.(saved);
  }

  #stands(text, { version, words, lengths = "" }) {
    this.accepted = text;
    this.version = version;
    this.element.dataset.version = version;
    if (words !== undefined) Object.assign(this.element.dataset, { words, lengths });
  }

  settle() {
    if (this.#isWithdrawn) return;
    this.context.drafts.drop(this.id);
    this.report(null);
  }

  report(words) {
    if (!this.#isWithdrawn) this.context.saveState.report(this, words);
  }

  #keep() {
    this.context.drafts.keep(this.id, { text: this.text, version: this.version });
  }

  /** Go back to `text`, as it was before typing. */
  restore(text) {
    this.text = text;
    this.typed();
  }

  /** Show `text`, which an act under way will leave here; until it is answered nothing is saved. */
  expect(text) {
    this.saving.stop();
    this.#expected = text;
    if (this.text !== text) this.text = text;
  }

  /** The act came to nothing: show `text`, and save what is new in it. */
  release(text) {
    this.#expected = null;
    if (this.text !== text) this.text = text;
    if (this.isDirty) this.typed();
  }

  /** Become what the server shows in `fresh`, except for what was typed here since. */
  take(fresh) {
    const isClean = !this.isDirty;
    const text = oneLine(fresh.querySelector(".text").textContent);
    this.#expected = null;
    showFacts(this.element, fresh);
    this.accepted = text;
    this.version = Number(fresh.dataset.version);
    if (isClean && this.text !== text) this.text = text;
    if (this.isDirty) this.typed();
    else if (!this.hasConflict && !this.saving.isUnderWay) this.settle();
  }

  /** Take up what this browser kept of an earlier visit; return whether it was news. */
  resume(draft) {
    const { text, version } = { text: this.accepted, version: this.version };
    if (draft.text === text) {
      this.context.drafts.drop(this.id);
      return false;
    }
    this.text = draft.text;
    if (draft.version === version) this.save();
    else this.conflictWith({ text, version });
    return true;
  }

  /** Whether a pushed element brings no other text than this page has sent or knows; it is taken then. */
  knows(fresh) {
    const version = Number(fresh.dataset.version);
    const text = oneLine(fresh.querySelector(".text").textContent);
    if (version < this.version || this.#expected !== null) return true;
    if (this.saving.isUnderWay && text === oneLine(this.saving.sent ?? "")) return true;
    if (this.hasConflict || ![this.text, this.accepted].includes(text)) return version === this.version;
    this.take(fresh);
    return true;
  }

  conflictWith({ text, version }) {
    this.#conflict?.close();
    this.#conflict = new Conflict(this.element, { theirs: text, yours: this.text }, (isMine) => {
      this.#conflict = null;
      this.#stands(text, { version });
      if (!isMine) this.text = text;
      if (this.isDirty) this.save();
      else this.settle();
      this.box.focus();
    });
    this.#keep();
    this.report("Not saved: choose one of the two versions");
  }

  /** It was removed, and with it what is left to save. */
  forget() {
    this.saving.stop();
    this.settle();
  }

  /** The reader may not write any more: what is not saved stays a draft. Return whether some is. */
  withdraw() {
    const wasBusy = this.isBusy;
    this.saving.stop();
    this.#conflict?.close();
    this.#conflict = null;
    this.#expected = null;
    if (this.isDirty) this.text = this.accepted;
    this.report(null);
    this.#isWithdrawn = true;
    return wasBusy;
  }

  /** Somebody deleted the segment, or joined it to another, while it was edited here. */
  lose() {
    if (this.hasConflict || this.#isWithdrawn) return;
    const panel = { yours: this.text, kind: "lost" };
    this.#conflict = new Conflict(this.element, panel, (isMine) => this.context.onLost(this, isMine));
    this.report("Not saved: this segment was removed in another place");
  }
}
