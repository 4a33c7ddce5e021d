// What a segment's element says, and what is shown in it beside its text.
import { oneLine } from "./one-line.js";

export function textIn(element) {
  return oneLine(element.querySelector(".text").textContent);
}

export function versionOf({ dataset }) {
  return Number(dataset.version);
}

/** Show times, speaker and place in `element` as in `fresh`, which the server has made. */
export function showFacts(element, fresh) {
  for (const name of ["speaker", "lengths"]) delete element.dataset[name];
  Object.assign(element.dataset, fresh.dataset);
  const box = element.querySelector(".text");
  for (const part of [".at", ".speaker"]) {
    const [old, next] = [element.querySelector(part), fresh.querySelector(part)];
    if (!next) old?.remove();
    else if (!old) box.before(next.cloneNode(true));
    else replace(old, next.cloneNode(true));
  }
  nameText(element);
}

/** Tell the text box of a segment apart from all others, for whoever hears the page. */
export function nameText(element) {
  const box = element.querySelector(".text");
  if (box.role !== "textbox") return;
  const speaker = element.querySelector(".speaker")?.textContent;
  const name = `Text at ${element.querySelector(".at")?.ariaLabel}${speaker ? `, ${speaker}` : ""}`;
  if (box.ariaLabel !== name) box.ariaLabel = name;
}

function replace(old, next) {
  if (old.outerHTML === next.outerHTML) return;
  const hadFocus = old === document.activeElement;
  old.replaceWith(next);
  if (hadFocus) next.focus();
}
