// One segment under correction: saves itself, tries again, and never lets one of two texts go.
import { setText } from "./carets.js";
import { Choice } from "./conflict.js";
import { oneLine } from "./one-line.js";
import { showFacts, textIn, versionOf } from "./segment-facts.js";
import { SegmentSaving } from "./segment-saving.js";

export class SegmentEdit {
  #expected = null;
  #isWithdrawn = false;
  /** What the server pushed and is not shown under the caret. */
  pushed = null;

  /** `accepted` is the text that the server has, as far as this page knows, and `version` its version. */
  constructor(element, context) {
    this.element = element;
    this.id = element.dataset.segment;
    this.version = versionOf(element);
    // early.js keeps the text from before the first key.
    this.accepted = oneLine(this.box.dataset.before ?? this.text);
    this.context = context;
    this.saving = new SegmentSaving(this, context.endpoint);
    this.choice = new Choice(element);
  }

  get box() {
    return this.element.querySelector(".text");
  }

  get text() {
    return textIn(this.element);
  }

  get isDirty() {
    return !this.#isWithdrawn && this.text !== (this.#expected?.text ?? this.accepted);
  }

  get hasConflict() {
    return this.choice.isOpen;
  }

  get isExpecting() {
    return this.#expected !== null;
  }

  get isBusy() {
    return this.isDirty || this.saving.isUnderWay || this.hasConflict;
  }

  typed() {
    this.#keep();
    this.choice.showYours(this.text);
    if (this.hasConflict || this.isExpecting) return;
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

  /** The server has made `saved` of the text that was sent. */
  accept(sent, saved) {
    const isUntouched = this.text === sent;
    this.stand(saved);
    if (isUntouched) setText(this.box, this.accepted);
    this.context.onSaved?.(saved);
  }

  /** Take this for what the server has. */
  stand({ text, version, words, lengths = "" }) {
    this.accepted = oneLine(text);
    this.version = version;
    this.element.dataset.version = version;
    if (words !== undefined) Object.assign(this.element.dataset, { words, lengths });
  }

  settle() {
    if (this.#isWithdrawn) return;
    if (this.#expected?.whole) this.#keep();
    else this.context.drafts.drop(this.id);
    this.report(null);
  }

  #goOn() {
    if (this.isDirty) this.typed();
    else if (!this.hasConflict && !this.saving.isUnderWay) this.settle();
  }

  report(words) {
    if (!this.#isWithdrawn) this.context.saveState.report(this, words);
  }

  #keep() {
    const text = this.#expected?.whole?.() ?? this.text;
    const [start, end] = ["start", "end"].map((name) => Number(this.element.dataset[name]));
    this.context.drafts.keep(this.id, { text, version: this.choice.base ?? this.version, start, end });
  }

  /**
   * Show `text`, which an act under way will leave here; until it is answered nothing is saved. Where this browser
   * has to keep more than that meanwhile, `whole()` returns it.
   */
  expect(text, whole = null) {
    this.saving.stop();
    this.#expected = { text, whole };
    setText(this.box, text);
  }

  /** The act came to nothing: show `text`, and save what is new in it. */
  release(text) {
    this.#expected = null;
    setText(this.box, text);
    this.#goOn();
  }

  /** Become what the server shows in `fresh`, except for what is newer here. */
  take(fresh) {
    const isClean = !this.isDirty;
    const [version, text] = [versionOf(fresh), textIn(fresh)];
    this.#expected = null;
    this.pushed = null;
    if (version >= this.version) {
      showFacts(this.element, fresh);
      if (this.hasConflict) return this.conflictWith({ text, version });
      [this.accepted, this.version] = [text, version];
      if (isClean) setText(this.box, text);
    }
    this.#goOn();
  }

  /** Take up what this browser kept of an earlier visit; return whether it was news. */
  resume(draft) {
    const { accepted: text, version } = this;
    if (draft.text === text) {
      this.context.drafts.drop(this.id);
      return false;
    }
    this.box.textContent = draft.text;
    if (draft.version === version) this.save();
    else this.conflictWith({ text, version }, draft.version);
    return true;
  }

  /** Whether a pushed element brings no other text than this page has sent or knows; it is taken then. */
  knows(fresh) {
    const [version, text] = [versionOf(fresh), textIn(fresh)];
    if (version < this.version || this.isExpecting) return true;
    if (this.saving.mayHaveSaved(text)) this.stand({ ...fresh.dataset, text, version });
    else if (this.hasConflict || ![this.text, this.accepted].includes(text)) return version === this.version;
    this.take(fresh);
    return true;
  }

  /** Let somebody choose between `theirs`, {text, version}, and the text here, which was written over `base`. */
  conflictWith(theirs, base = this.version) {
    delete this.element.dataset.lost;
    this.choice.between(theirs, this.text, base, (isMine, last) => {
      this.stand(last);
      if (!isMine) this.box.textContent = this.accepted;
      if (this.isDirty) this.save();
      else this.settle();
      this.box.focus();
    });
    this.#keep();
    this.report("Not saved: choose one of the two versions");
  }

  /** Somebody deleted the segment, or joined it to another, while it was edited here. */
  lose() {
    if (this.hasConflict || this.#isWithdrawn) return;
    this.element.dataset.lost = "";
    this.choice.about(this.text, (isMine) => this.context.onLost(this, isMine));
    this.report("Not saved: this segment was removed in another place");
  }

  /** It was removed, and with it what is left to save. */
  forget() {
    this.saving.stop();
    this.#expected = null;
    this.settle();
  }

  /** The reader may not write any more: what is not saved stays a draft. Return whether some is. */
  withdraw() {
    const wasBusy = this.isBusy;
    this.saving.stop();
    this.choice.close();
    this.#expected = null;
    if (this.isDirty) this.box.textContent = this.accepted;
    this.report(null);
    this.#isWithdrawn = true;
    return wasBusy;
  }
}
