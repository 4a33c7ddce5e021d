// Places in the text of segments, marked without touching the text (CSS Custom Highlight API).
import { selectIn } from "./words.js";

/** Return the range of a segment's text between two offsets, or null where that text is not there. */
export function rangeIn(segment, start, end) {
  const box = document.getElementById(`segment-${segment}`)?.querySelector(".text");
  if (!box || end > box.textContent.length) return null;
  return selectIn(document.createRange(), box, start, end);
}

/** Mark ranges under a name that the stylesheet knows, or none. */
export function mark(name, ranges, priority = 0) {
  if (!globalThis.Highlight) return;
  if (ranges.length === 0) {
    CSS.highlights.delete(name);
    return;
  }
  const highlight = new Highlight(...ranges);
  highlight.priority = priority;
  CSS.highlights.set(name, highlight);
}

const CALM = matchMedia("(prefers-reduced-motion: reduce)");

/** Bring a range into the middle of what the player and the panel leave free. */
export function reveal(range) {
  const element = range.startContainer.parentElement;
  element?.scrollIntoView({ block: "center", behavior: CALM.matches ? "auto" : "smooth" });
}
