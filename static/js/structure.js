// Splitting, merging, moving, inserting and deleting segments. What is typed meanwhile goes on in its place.
import { isPending, keyOf } from "./acts.js";
import { caretIn, putCaret } from "./carets.js";
import { oneLine } from "./one-line.js";
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
    edit.expect(whole.slice(0, at).trim());
    segment.after("\n", tail);
    putCaret(boxOf(tail), 0);
    const act = { act: "split", segment: Number(edit.id), at };
    const answer = await this.acts.do(async () => {
      await edit.flush(whole);
      return { ...act, version: edit.version };
    });
    if (!answer) this.#rejoin(edit, tail, whole);
    else this.#keepSplit(edit, tail, answer);
  }

  #keepSplit(edit, tail, { segments, sentence }) {
    const fresh = segments.map(({ html }) => parse(html));
    edit.take(fresh.find((element) => element.dataset.segment === edit.id) ?? edit.element);
    const other = fresh.find((element) => element.dataset.segment !== edit.id);
    delete tail.dataset.pending;
    for (const name of ["id", "class"]) tail.setAttribute(name, other.getAttribute(name));
    tail.dataset.segment = other.dataset.segment;
    const adopted = this.editor.editIn(tail);
    adopted.accepted = oneLine(boxOf(tail).dataset.given);
    adopted.take(other);
    this.acts.say(sentence);
  }

  /** What was split stays whole, with what was typed since. */
  #rejoin(edit, tail, whole) {
    const had = tail.contains(document.activeElement) ? caretIn(boxOf(tail)) : null;
    const head = edit.text;
    edit.release(oneLine(`${head} ${boxOf(tail).textContent}`));
    tail.remove();
    if (had !== null) putCaret(edit.box, head.length + 1 + had);
  }

  /** Join a segment to the one before it. */
  async merge(segment = this.selection.current) {
    if (!segment || (await this.#isPending(segment))) return;
    const before = segment.previousElementSibling;
    if (!before || (await this.#isPending(before))) return;
    const [first, second] = [this.editor.editIn(before), this.editor.editIn(segment)];
    const [head, tail] = [first.text, second.text];
    const joined = oneLine(`${head} ${tail}`);
    first.expect(joined);
    second.expect(tail);
    segment.hidden = true;
    putCaret(first.box, head ? head.length + (tail ? 1 : 0) : 0);
    const answer = await this.acts.do(async () => {
      await Promise.all([first.flush(head), second.flush(tail)]);
      return { act: "merge", segment: Number(second.id), version: second.version };
    });
    if (answer) {
      this.acts.show({ ...answer, segments: [] });
      first.take(parse(answer.segments.find(({ id }) => String(id) === first.id).html));
      return;
    }
    const typed = first.text;
    segment.hidden = false;
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
    if (answer) focusStart(document.getElementById(`segment-${answer.segments[0].id}`));
  }

  async remove() {
    const { targets } = this.selection;
    if (!targets.length) return;
    const next = targets.at(-1).nextElementSibling ?? targets[0].previousElementSibling;
    const answer = await this.acts.apply(targets, (segments) => ({ act: "delete", segments: segments.map(keyOf) }));
    this.selection.clear();
    if (answer) focusStart(next);
  }

  /** Wait for the place of a segment that was split off just now; return whether it was taken back. */
  async #isPending(segment) {
    if (isPending(segment)) await this.acts.settled;
    return !segment.isConnected || isPending(segment);
  }
}

/** The second half of a segment, until the server gives it an id. */
function provisional(segment, text) {
  const tail = segment.cloneNode(true);
  tail.removeAttribute("id");
  tail.removeAttribute("aria-current");
  tail.classList.remove("selected");
  Object.assign(tail.dataset, { pending: "", segment: "", words: "", lengths: "" });
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
