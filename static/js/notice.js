// A sentence carried over to the page that is opened next.

const KEY = "sttweb:notice";

export function leaveNotice(sentence) {
  if (sentence) sessionStorage.setItem(KEY, sentence);
}

export function showNotice(element) {
  const sentence = sessionStorage.getItem(KEY);
  if (!sentence) return;
  sessionStorage.removeItem(KEY);
  element.hidden = false;
  element.textContent = sentence;
}
