// The caret in a text box.
import { oneLine } from "./one-line.js";
import { offsetIn } from "./words.js";

/** Return the character before which the caret stands in a text box. */
export function caretIn(box) {
  const { focusNode, focusOffset } = getSelection();
  return focusNode && box.contains(focusNode) ? offsetIn(box, focusNode, focusOffset) : 0;
}

/** Put the caret before a character of a text box. */
export function putCaret(box, offset) {
  box.focus({ preventScroll: true });
  const nodes = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  let passed = 0;
  while (nodes.nextNode()) {
    const { length } = nodes.currentNode;
    if (offset <= passed + length) {
      getSelection().collapse(nodes.currentNode, offset - passed);
      break;
    }
    passed += length;
  }
  box.scrollIntoView({ block: "nearest" });
}

/** Whether the caret stands at the start or the end of the box, with nothing selected. */
export function caretIsAt(box, edge) {
  const selection = getSelection();
  if (!selection.isCollapsed) return false;
  const range = document.createRange();
  range.selectNodeContents(box);
  if (edge === "end") range.setStart(selection.focusNode, selection.focusOffset);
  else range.setEnd(selection.focusNode, selection.focusOffset);
  return range.toString().trim() === "";
}

/** Show `text` in a box, with the caret where it stood; nothing happens where that is what it says. */
export function setText(box, text) {
  if (oneLine(box.textContent) === text) return;
  const caret = box === document.activeElement ? caretIn(box) : null;
  box.textContent = text;
  if (caret !== null) putCaret(box, Math.min(caret, text.length));
}
