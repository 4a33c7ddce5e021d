// Keys of the transcript page. Alt combinations are matched by the key's place, since Alt changes its letter.
import { tinykeys } from "../vendor/tinykeys-4.0.0/tinykeys.mjs";
import { recall, remember } from "./storage.js";

const KEY = "sttweb:single-keys";
const FIELDS = "input:not([type=range]), select, textarea, [contenteditable]";
// On a button Space presses it; the other keys mean nothing there and may work.
const PRESSED_BY_SPACE = "button, a, summary, input";

/**
 * Bind `anywhere`, `writing` for whoever may write, and `outside` only outside of text and where single keys
 * are on.
 */
export function bindKeys({ anywhere, writing, outside, toggle, rights }) {
  toggle.checked = recall(KEY) !== "off";
  toggle.addEventListener("change", () => remember(KEY, toggle.checked ? "on" : "off"));
  tinykeys(window, prevented(anywhere), { ignore: isElsewhere });
  tinykeys(window, prevented(writing), { ignore: (event) => !rights.canWrite || isElsewhere(event) });
  tinykeys(window, prevented(outside), { ignore: (event) => !toggle.checked || isElsewhere(event) || isTaken(event) });
}

/** Bind writers' keys whose acts decide themselves whether the browser's own meaning of them is kept. */
export function bindShared(keys, rights) {
  const isOthers = ({ target }) => !rights.canWrite || target.closest("input, select, textarea");
  tinykeys(window, keys, { ignore: (event) => isElsewhere(event) || isOthers(event) });
}

function prevented(acts) {
  const wrap = (act) => (event) => {
    event.preventDefault();
    act(event);
  };
  return Object.fromEntries(Object.entries(acts).map(([keys, act]) => [keys, wrap(act)]));
}

function isElsewhere(event) {
  // AltGr writes characters, and is told as Alt by some systems.
  const isWriting = event.getModifierState("AltGraph") && !event.altKey;
  return event.isComposing || isWriting || document.querySelector("dialog[open]") !== null;
}

function isTaken({ target, code }) {
  return Boolean(target.closest?.(code === "Space" ? `${FIELDS}, ${PRESSED_BY_SPACE}` : FIELDS));
}
