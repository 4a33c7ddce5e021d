// Leads to the panel that runs a recording again.
import { Panel } from "./panels.js";

/** `context` has the player, the list of segments, the selection and `say(sentence)`. */
export function bindRerun(context) {
  const element = document.getElementById("rerun");
  // Only its owner has it.
  if (!element) return;
  new Panel(element, { load: async () => (await import("./rerun.js")).RerunForm, keeps: false, context });
}
