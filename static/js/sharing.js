// The dialog in which a recording is shared. Its content is fetched when it is opened, and after each act.
import { copyText } from "./copy.js";
import { csrfToken } from "./http.js";

const LOST = "There is no connection to the server: try again.";

/** `opener` is there for the owner only. `tell` takes a sentence for the page around the dialog. */
export function bindSharing(opener, dialog, tell) {
  if (!opener) return;
  opener.addEventListener("click", async () => {
    if (await show(dialog, dialog.dataset.url)) dialog.showModal();
    else tell(LOST);
  });
  dialog.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    if (!(await show(dialog, form.action, { method: "POST", body }))) say(dialog, LOST);
  });
  dialog.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copies]");
    if (!button) return;
    const field = dialog.querySelector(`#${button.dataset.copies}`);
    const isCopied = await copyText(field.value);
    say(dialog, isCopied ? "Copied" : "The browser does not allow copying: select it and press Ctrl+C");
    if (!isCopied) field.select();
  });
}

/** Fill the dialog with what the server answers; return whether it did. */
async function show(dialog, url, options = {}) {
  try {
    const headers = { "X-CSRFToken": csrfToken() };
    const response = await fetch(url, { credentials: "same-origin", redirect: "manual", headers, ...options });
    // Refusals come as the same dialog with a sentence in it.
    if (!response.ok && response.status !== 400) throw new Error(String(response.status));
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    dialog.replaceChildren(...fresh.body.childNodes);
    dialog.querySelector("[data-first]")?.focus();
    return true;
  } catch {
    return false;
  }
}

function say(dialog, sentence) {
  dialog.querySelector("[role=status]").textContent = sentence;
}
