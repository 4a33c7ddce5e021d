// Marks what people noted in the text, and leads to the panel with their notes.
import { postJSON } from "./http.js";
import { Panel } from "./panels.js";
import { mark } from "./ranges.js";
import { rangeOf, wordsOf } from "./words.js";
import { stretchOf } from "./stretch.js";

const CALM_MS = 300;
const WATCHED = ["data-version", "data-words", "data-start"];

/** `context` has the player, the list of segments, the selection, the rights and `say(sentence)`. */
export function bindNotes(context) {
  const element = document.getElementById("notes");
  const marks = new NoteMarks(context.list);
  marks.set(JSON.parse(document.getElementById("note-marks").textContent));
  const panel = new Panel(element, {
    load: async () => (await import("./notes.js")).Notes,
    keeps: false,
    context: { ...context, marks, url: element.dataset.from },
  });
  const does = { KeyN: () => panel.open(), KeyH: () => highlight(context, marks, element.dataset.from) };
  addEventListener("keydown", (event) => {
    const { altKey, ctrlKey, metaKey, shiftKey, code } = event;
    if (!altKey || ctrlKey || metaKey || shiftKey || !does[code] || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    does[code]();
  });
  return marks;
}

async function highlight(context, marks, from) {
  if (!context.rights.canWrite) return;
  try {
    const answer = await postJSON(from, { ...stretchOf(context), text: "" });
    marks.set(answer.marks);
    context.say("Highlighted");
  } catch (error) {
    context.say(error.message);
  }
}

export class NoteMarks extends EventTarget {
  #marks = [];
  #timer = null;
  #changes = new MutationObserver(() => this.#soon());

  constructor(list) {
    super();
    this.list = list;
  }

  /** `marks` are [key, start, end, whether there is text]. */
  set(marks) {
    this.#marks = marks;
    this.#draw();
    this.#changes.disconnect();
    // Without notes nothing has to be watched.
    if (marks.length) this.#changes.observe(this.list, { childList: true, subtree: true, attributeFilter: WATCHED });
    this.dispatchEvent(new Event("change"));
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), CALM_MS);
  }

  #draw() {
    for (const segment of this.list.querySelectorAll(".noted")) unmark(segment);
    const [plain, remarked] = [[], []];
    for (const [, start, end, hasText] of this.#marks) {
      for (const segment of segmentsIn(this.list.children, start, end)) {
        segment.classList.add("noted");
        segment.querySelector(".text").ariaDescription = hasText ? "Has a note" : "Highlighted";
        (hasText ? remarked : plain).push(...rangesIn(segment, start, end));
      }
    }
    mark("highlighted", plain);
    mark("noted", remarked);
  }
}

function unmark(segment) {
  segment.classList.remove("noted");
  segment.querySelector(".text").ariaDescription = null;
}

/** Return the segments that a stretch touches; between two of them, the one before it. */
function segmentsIn(segments, start, end) {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(segments[middle].dataset.start) <= end) low = middle + 1;
    else high = middle;
  }
  const found = [];
  for (let i = low - 1; i >= 0 && Number(segments[i].dataset.end) > start; i--) found.unshift(segments[i]);
  return found.length || !low ? found : [segments[low - 1]];
}

function rangesIn(segment, start, end) {
  const { starts, ends } = wordsOf(segment);
  const isIn = (index) => {
    const middle = (starts[index] + ends[index]) / 2;
    return middle >= start - 0.01 && middle <= end + 0.01;
  };
  const first = starts.findIndex((_, index) => isIn(index));
  const last = starts.findLastIndex((_, index) => isIn(index));
  if (first < 0) return [];
  const range = rangeOf(segment, first);
  const until = rangeOf(segment, last);
  range.setEnd(until.endContainer, until.endOffset);
  return [range];
}
