// Correcting the text in place: which segment is edited, and the keys in it.
import { Drafts } from "./drafts.js";
import { SaveState } from "./save-state.js";
import { oneLine } from "./one-line.js";
import { SegmentEdit } from "./segment-edit.js";
import { caretIsAt } from "./carets.js";
import { showLost } from "./lost-segments.js";
import { textIn, versionOf } from "./segment-facts.js";
import { wordsOf } from "./words.js";

export class Editor {
  #edits = new Map();
  #before = "";
  #undone = 0;

  /** `press(event, edit)` may answer a key first, and returns whether it did; `acts` may be under way. */
  press = null;
  acts = null;

  constructor(list, { recording, user, endpoint, saveState }) {
    this.list = list;
    this.context = { endpoint, drafts: new Drafts(user, recording), saveState: new SaveState(saveState) };
    list.addEventListener("input", (event) => this.#type(event));
    list.addEventListener("focusin", () => this.remember());
    list.addEventListener("focusout", (event) => this.#leave(this.editOf(event.target)));
    list.addEventListener("keydown", (event) => this.#press(event));
    list.addEventListener("paste", (event) => this.#paste(event));
    addEventListener("pagehide", () => this.#saveAll());
    document.addEventListener("visibilitychange", () => this.#saveAll());
  }

  /** Return the edit of the segment that holds `node`, made on first use; nothing outside of text. */
  editOf(node) {
    const segment = node instanceof Element ? node.closest(".text")?.closest(".segment") : null;
    // What was split off just now has no place on the server yet.
    return segment && segment.dataset.pending === undefined ? this.editIn(segment) : undefined;
  }

  editIn(element) {
    const known = this.#edits.get(element.dataset.segment);
    if (known) return known;
    const edit = new SegmentEdit(element, this.context);
    this.#edits.set(edit.id, edit);
    return edit;
  }

  /** Take the focused text as it stands for what typing starts from. */
  remember() {
    const box = document.activeElement?.closest(".text");
    this.#before = box && this.list.contains(box) ? oneLine(box.textContent) : "";
    this.#undone = 0;
    // While its words have their times, so that typing can keep them.
    if (box?.closest(".segment")?.dataset.words) wordsOf(box.closest(".segment"));
  }

  /** Whether the browser itself can take back, or bring back, what was typed since the caret came. */
  canTakeBack(node) {
    const edit = this.editOf(node);
    return Boolean(edit) && edit.text !== this.#before;
  }

  canBringBack() {
    return this.#undone > 0;
  }

  #type({ target, inputType }) {
    // A browser takes back what was typed even where one may not type any more.
    if (!target.isContentEditable) return;
    if (inputType === "historyUndo") this.#undone += 1;
    else this.#undone = inputType === "historyRedo" ? this.#undone - 1 : 0;
    (this.editOf(target) ?? this.#headOf(target))?.typed();
  }

  /** What is typed into a half that was split off just now is kept with the other one. */
  #headOf(target) {
    const head = target.closest("[data-pending]")?.previousElementSibling;
    return head && this.editIn(head);
  }

  /** Take up what an earlier visit left unsaved; return how many texts that were. */
  async resume() {
    for (const box of this.list.querySelectorAll("[data-before]")) this.editOf(box).typed();
    const drafts = await this.context.drafts.all();
    return drafts.filter(([id, draft]) => this.#takeUp(id, draft)).length;
  }

  #takeUp(id, draft) {
    const element = document.getElementById(`segment-${id}`);
    if (element) return this.editIn(element).resume(draft);
    this.editIn(showLost(this.list, id, draft)).lose();
    return true;
  }

  /** Show a segment as the server pushed it, unless it is being edited here. */
  receive(fresh) {
    const old = document.getElementById(fresh.id);
    const edit = this.editIn(old);
    if (edit.knows(fresh)) return;
    if (edit.isBusy) edit.conflictWith({ text: textIn(fresh), version: versionOf(fresh) });
    // Under the caret nothing changes: typing on meets the other version, leaving shows it.
    else if (old.contains(document.activeElement)) edit.pushed = fresh;
    else edit.take(fresh);
  }

  /** Take out what was removed elsewhere; what is being edited here waits for a choice. */
  remove(id) {
    const edit = this.#edits.get(String(id));
    if (edit?.isBusy) edit.lose();
    else this.drop(id);
  }

  drop(id) {
    document.getElementById(`segment-${id}`)?.remove();
    this.#edits.get(String(id))?.forget();
    this.#edits.delete(String(id));
  }

  #leave(edit) {
    if (!edit) return;
    const { pushed } = edit;
    edit.pushed = null;
    if (edit.isBusy) edit.save();
    else if (pushed && versionOf(pushed) > edit.version) edit.take(pushed);
  }

  /** Save what is not saved yet, for as long as that takes. */
  async save() {
    await Promise.all([...this.#edits.values()].map((edit) => edit.save()));
  }

  /** Save all that is not saved yet, in one attempt. Throws where that does not work. */
  async flush() {
    await Promise.all([...this.#edits.values()].filter((edit) => edit.isBusy).map((edit) => edit.flush()));
  }

  /** Save all once the acts under way are answered, for what the server is to do with the text. Throws as `flush`. */
  async ready() {
    await this.acts?.settled;
    await this.flush();
  }

  /** Stop editing, where the reader may not write any more; return whether something was not saved. */
  withdraw() {
    const unsaved = [...this.#edits.values()].filter((edit) => edit.withdraw());
    this.#edits.clear();
    // What is remembered from here on begins with what stands now.
    for (const box of this.list.querySelectorAll("[data-before]")) delete box.dataset.before;
    for (const lost of this.list.querySelectorAll("[data-lost]")) lost.remove();
    return unsaved.length > 0;
  }

  #saveAll() {
    if (document.visibilityState === "hidden") this.#edits.forEach((edit) => edit.isDirty && edit.save());
  }

  #press(event) {
    if (event.isComposing || this.press?.(event)) return;
    const edit = this.editOf(event.target);
    if (!edit) return;
    if (event.key === "Enter" && !event.altKey) {
      event.preventDefault();
      focusAt(edit.element.nextElementSibling);
    } else if (event.key === "Escape") {
      if (edit.text === this.#before) {
        edit.box.blur();
        return;
      }
      edit.box.textContent = this.#before;
      edit.typed();
    } else if (event.key === "ArrowDown" && caretIsAt(edit.box, "end")) {
      event.preventDefault();
      focusAt(edit.element.nextElementSibling);
    } else if (event.key === "ArrowUp" && caretIsAt(edit.box, "start")) {
      event.preventDefault();
      focusAt(edit.element.previousElementSibling);
    }
  }

  #paste(event) {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain").replace(/\s+/g, " ");
    // Deprecated, and still the only way that keeps the browser's own undo.
    document.execCommand("insertText", false, text);
  }
}

function focusAt(element) {
  element?.querySelector(".text")?.focus();
}
