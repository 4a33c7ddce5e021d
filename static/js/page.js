// What every page needs: local times, dialogs, and a fresh token in each form.
import { csrfToken } from "./http.js";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

class LocalTime extends HTMLElement {
  connectedCallback() {
    const time = this.querySelector("time");
    const date = new Date(time?.dateTime ?? "");
    const format = this.dataset.only === "clock" ? CLOCK : DATE;
    if (!Number.isNaN(date.valueOf())) time.textContent = format.format(date);
  }
}
customElements.define("local-time", LocalTime);

// Fragments that were pushed carry no token, and one from before signing in elsewhere is stale.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  let field = form.elements.namedItem("csrfmiddlewaretoken");
  if (!field) {
    field = Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken" });
    form.append(field);
  }
  field.value = csrfToken();
}, { capture: true });

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  // A click on the backdrop hits the dialog itself, outside its box.
  if (event.target instanceof HTMLDialogElement && isOutside(event)) event.target.close();
});

function isOutside({ target, clientX, clientY }) {
  const box = target.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}
