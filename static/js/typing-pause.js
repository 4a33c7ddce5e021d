// Stops the sound while somebody types, and goes on when they stop; for whoever has switched it on.

const KEY = "sttweb:typing-pause";
const CALM_MS = 1000;

export function pauseWhileTyping(list, player, toggle) {
  let timer = null;
  toggle.checked = localStorage.getItem(KEY) === "on";
  toggle.addEventListener("change", () => localStorage.setItem(KEY, toggle.checked ? "on" : "off"));
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
