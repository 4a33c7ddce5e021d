// Stops the sound while somebody types, and goes on when they stop; for whoever has switched it on.
import { recall, remember } from "./storage.js";

const KEY = "sttweb:typing-pause";
const CALM_MS = 1000;

export function pauseWhileTyping(list, player, toggle) {
  let timer = null;
  toggle.checked = recall(KEY) === "on";
  toggle.addEventListener("change", () => remember(KEY, toggle.checked ? "on" : "off"));
  list.addEventListener("input", () => {
    if (!toggle.checked || !(player.isPlaying || timer)) return;
    player.pause();
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      player.play();
    }, CALM_MS);
  });
}
