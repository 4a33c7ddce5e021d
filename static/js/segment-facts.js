// What is shown of a segment beside its text.

/** Show times, speaker and place in `element` as in `fresh`, which the server has made. */
export function showFacts(element, fresh) {
  for (const name of ["speaker", "lengths"]) delete element.dataset[name];
  Object.assign(element.dataset, fresh.dataset);
  const box = element.querySelector(".text");
  box.ariaLabel = fresh.querySelector(".text").ariaLabel;
  for (const part of [".at", ".speaker"]) {
    const [old, next] = [element.querySelector(part), fresh.querySelector(part)];
    if (!next) old?.remove();
    else if (!old) box.before(next.cloneNode(true));
    else replace(old, next.cloneNode(true));
  }
}

function replace(old, next) {
  if (old.outerHTML === next.outerHTML) return;
  const hadFocus = old === document.activeElement;
  old.replaceWith(next);
  if (hadFocus) next.focus();
}
