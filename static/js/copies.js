// Buttons beside a field, which copy what is in it.
import { copyText } from "./copy.js";

const CANNOT = "The browser does not allow copying: press Ctrl+C, it is selected.";

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  const isCopied = await copyText(field.value);
  button.closest(".shown-once").querySelector("[data-copy-said]").textContent = isCopied ? "Copied" : CANNOT;
  if (!isCopied) field.select();
});
