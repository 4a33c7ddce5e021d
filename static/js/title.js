// Renaming in place; without this module the form does it with a reload.
import { Unreachable, request } from "./http.js";

export function bindRename(details, showTitle, say) {
  const form = details.querySelector("form");
  const field = form.elements.namedItem("title");
  details.addEventListener("toggle", () => {
    if (details.open) field.select();
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    details.open = false;
    details.querySelector("summary").focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const response = await request(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const { title } = await response.json();
      showTitle(title);
      field.value = title;
      details.open = false;
      details.querySelector("summary").focus();
      say("Renamed");
    } catch (error) {
      say(error instanceof Unreachable ? `Not renamed: ${error.message} Press Rename again.` : error.message);
    }
  });
}
