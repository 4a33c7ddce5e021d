// The panels that search and check the text, and the key of the first.
import { Panel } from "./panels.js";
import { recall } from "./storage.js";

/** `context` has the player, the editor, the list of segments, `show(answer)` and `say(sentence)`. */
export function bindTextPanels(context) {
  const review = document.getElementById("review");
  const marksUrl = review.dataset.marks;
  const find = new Panel(document.getElementById("find"), {
    load: async () => (await import("./find.js")).Find,
    keeps: true,
    context,
  });
  new Panel(review, {
    load: async () => (await import("./review.js")).Review,
    keeps: false,
    context: { ...context, marksUrl },
  });
  addEventListener("keydown", (event) => {
    if (!isFindKey(event) || document.querySelector("dialog[open]")) return;
    // Pressed again in the field it is the browser's own.
    if (find.isOpen && find.element.contains(document.activeElement)) return;
    event.preventDefault();
    find.open();
  });
  if (recall("sttweb:doubts") === "on") mark(context.list, marksUrl);
}

function isFindKey({ ctrlKey, metaKey, shiftKey, altKey, key }) {
  return (ctrlKey || metaKey) && !shiftKey && !altKey && key.toLowerCase() === "f";
}

async function mark(list, url) {
  const { DoubtMarks } = await import("./doubt-marks.js");
  DoubtMarks.of(list, url).turn(true);
}
