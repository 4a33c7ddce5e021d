// Splitting, merging, moving, inserting and deleting segments. What is typed meanwhile goes on in its place.
import { isPending, keyOf } from "./acts.js";
import { caretIn, putCaret } from "./carets.js";
import { oneLine } from "./one-line.js";
import { gapBetween } from "./scripts.js";
import { wordsOf } from "./words.js";

const parse = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("li");
const boxOf = (segment) => segment.querySelector(".text");

export class Structure {
  constructor({ acts, editor, selection }) {
    Object.assign(this, { acts, editor, selection });
  }

  /** Split the current segment at the word boundary nearest the caret. */
  async split(segment = this.selection.current, caret = this.selection.caret) {
    if (!segment || (await this.#isPending(segment))) return;
    const edit = this.editor.editIn(segment);
    const whole = edit.text;
    const at = boundary(wordsOf(segment), boxOf(segment).textContent, caret);
    if (at <= 0 || at >= whole.length) {
      focusStart(at <= 0 ? segment : segment.nextElementSibling);
      return;
    }
    const tail = provisional(segment, whole.slice(at).trim());
    const gap = whole[at - 1] === " " ? " " : "";
    const rejoined = () => oneLine(edit.text + gap + boxOf(tail).textContent);
    edit.expect(whole.slice(0, at).trim(), rejoined);
    segment.after("\n", tail);
    putCaret(boxOf(tail), 0);
    const act = { act: "split", segment: Number(edit.id), at };
    const prepare = async () => {
      await edit.flush(whole);
      return { ...act, version: edit.version };
    };
    const answer = await this.acts.do(prepare, () => this.#rejoin(edit, tail, rejoined(), edit.text.length + gap.length));
    if (answer) this.#keepSplit(edit, tail, answer);
  }

  #keepSplit(edit, tail, { segments, created, sentence }) {
    const take = (id) => parse(segments.find((segment) => segment.id === id).html);
    edit.take(take(Number(edit.id)));
    const other = take(created[0]);
    delete tail.dataset.pending;
    for (const name of ["id", "class"]) tail.setAttribute(name, other.getAttribute(name));
    tail.dataset.segment = other.dataset.segment;
    const adopted = this.editor.editIn(tail);
    adopted.accepted = oneLine(boxOf(tail).dataset.given);
    adopted.take(other);
    // Others may have made room.
    const moved = segments.filter(({ id }) => id !== created[0] && String(id) !== edit.id);
    this.acts.show({ segments: moved, removed: [], sentence });
  }

  /** What was split stays whole, with what was typed since; the tail begins at a character of it. */
  #rejoin(edit, tail, text, start) {
    const had = tail.contains(document.activeElement) ? caretIn(boxOf(tail)) : null;
    edit.release(text);
    tail.remove();
    if (had !== null) putCaret(edit.box, start + had);
  }

  /** Join a segment to the one before it. */
  async merge(segment = this.selection.current) {
    if (!segment || (await this.#isPending(segment))) return;
    const before = segment.previousElementSibling;
    if (!before || (await this.#isPending(before))) return;
    const [first, second] = [this.editor.editIn(before), this.editor.editIn(segment)];
    const [head, tail] = [first.text, second.text];
    const gap = gapBetween(head, tail);
    first.expect(oneLine(head + gap + tail));
    second.expect(tail);
    segment.hidden = true;
    putCaret(first.box, head.length + gap.length);
    const prepare = async () => {
      await Promise.all([first.flush(head), second.flush(tail)]);
      return { act: "merge", segment: Number(second.id), version: second.version };
    };
    const answer = await this.acts.do(prepare, () => this.#keepApart(first, second, tail));
    if (!answer) return;
    this.acts.show(answer);
    // Where nothing was in the other, the first is no other than it was.
    if (!answer.segments.some(({ id }) => String(id) === first.id)) first.release(first.text);
  }

  #keepApart(first, second, tail) {
    const typed = first.text;
    second.element.hidden = false;
    // What was typed into both as one stays with the first.
    first.release(typed.endsWith(tail) ? oneLine(typed.slice(0, typed.length - tail.length)) : typed);
    second.release(tail);
  }

  mergeNext(segment) {
    return this.merge(segment.nextElementSibling);
  }

  /** Give the current segment other times; return the answer, or null. */
  move(segment, start, end) {
    return this.acts.apply([segment], () => {
      const { id, version } = this.editor.editIn(segment);
      return { act: "boundary", segment: Number(id), version, start, end };
    });
  }

  async insert(segment, start, end) {
    const act = ([after]) => ({ act: "insert", after: after ? keyOf(after) : null, start, end, text: "" });
    const answer = await this.acts.apply(segment ? [segment] : [], act);
    if (answer) focusStart(document.getElementById(`segment-${answer.created[0]}`));
  }

  async remove() {
    const { targets } = this.selection;
    if (!targets.length) return;
    const next = targets.at(-1).nextElementSibling ?? targets[0].previousElementSibling;
    const versions = (segments) => segments.map((segment) => this.editor.editIn(segment).version);
    const act = (segments) => ({ act: "delete", segments: segments.map(keyOf), versions: versions(segments) });
    const answer = await this.acts.apply(targets, act);
    this.selection.clear();
    if (answer) focusStart(next);
  }

  /** Wait for what an act under way makes of a segment; return whether it has come to nothing by then. */
  async #isPending(segment) {
    if (isPending(segment) || this.editor.editIn(segment).isExpecting) await this.acts.settled;
    return !segment.isConnected || isPending(segment);
  }
}

/** The second half of a segment, until the server gives it an id. */
function provisional(segment, text) {
  const tail = segment.cloneNode(true);
  tail.removeAttribute("id");
  tail.removeAttribute("aria-current");
  tail.classList.remove("selected");
  Object.assign(tail.dataset, { pending: "", segment: "", version: 0, words: "", lengths: "" });
  tail.querySelector(".conflict")?.remove();
  const box = boxOf(tail);
  delete box.dataset.before;
  box.dataset.given = text;
  box.textContent = text;
  return tail;
}

function focusStart(segment) {
  if (segment) putCaret(boxOf(segment), 0);
}

/** Return the character of the one-line text at the start of the word nearest to a caret. */
function boundary({ bounds }, text, caret) {
  const starts = [...bounds.map(([from]) => from), text.length];
  const nearest = starts.reduce((best, at) => (Math.abs(at - caret) < Math.abs(best - caret) ? at : best), 0);
  return nearest === text.length ? oneLine(text).length : lineOffset(text, nearest);
}

function lineOffset(text, offset) {
  return text.slice(0, offset).replace(/\s+/g, " ").trimStart().length;
}
