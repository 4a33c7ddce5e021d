// What this browser remembers of its reader's choices. In a frame of another site it may refuse to.

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is chosen again next time.
  }
}
