// What was typed into a segment that is gone by now.
import { segmentAt } from "./follow.js";

/** Put a segment with the text of a draft where it was heard, and return it. */
export function showLost(list, id, { text, start, end }) {
  const before = segmentAt(list.children, start);
  const element = Object.assign(document.createElement("li"), { id: `segment-${id}`, className: "segment" });
  const position = before?.dataset.position ?? -1;
  Object.assign(element.dataset, { lost: "", segment: id, version: 0, position, start, end });
  element.append(Object.assign(document.createElement("div"), { className: "text", dir: "auto", textContent: text }));
  if (before) before.after("\n", element);
  else list.prepend(element, "\n");
  return element;
}
