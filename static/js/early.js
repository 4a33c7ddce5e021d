// Runs before the page is drawn: text that is edited before the editor is loaded is remembered as it was.
document.addEventListener("beforeinput", ({ target }) => {
  const box = target.closest(".text");
  if (box && box.dataset.before === undefined) box.dataset.before = box.textContent;
}, { capture: true });
