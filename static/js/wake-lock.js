// Keeps the screen on: phones stop recording when it goes dark.

let lock = null;
let isWanted = false;

async function acquire() {
  if (!isWanted || document.visibilityState !== "visible" || lock?.released === false) return;
  // Refused on low battery: the recording goes on all the same.
  lock = await navigator.wakeLock?.request("screen").catch(() => null);
  if (!isWanted) letSleep();
}

export function keepAwake() {
  isWanted = true;
  acquire();
}

export function letSleep() {
  isWanted = false;
  lock?.release();
  lock = null;
}

// The browser drops the lock whenever the page is hidden.
document.addEventListener("visibilitychange", acquire);
