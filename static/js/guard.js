// Asks before the page is left while something on it is not safe yet.

const reasons = new Set();

function ask(event) {
  event.preventDefault();
  event.returnValue = true;
}

export function hold(reason) {
  if (reasons.size === 0) addEventListener("beforeunload", ask);
  reasons.add(reason);
}

export function release(reason) {
  reasons.delete(reason);
  if (reasons.size === 0) removeEventListener("beforeunload", ask);
}

/** Whatever is not safe yet is taken up again elsewhere. */
export function releaseAll() {
  reasons.clear();
  removeEventListener("beforeunload", ask);
}
