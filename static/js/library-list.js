// The list of the library: choosing rows, and forms in them that change no more than the list.
import { Refused, request } from "./http.js";

/** Show what works only with a script, and hide what only pages without one need. */
export function revealForScript(root) {
  for (const element of root.querySelectorAll("[data-with-script]")) element.hidden = false;
  for (const element of root.querySelectorAll("[data-without-script]")) element.hidden = true;
}

export class LibraryList {
  /** `refresh()` shows the list as it is now. */
  constructor(element, refresh) {
    this.element = element;
    this.refresh = refresh;
    element.addEventListener("change", ({ target }) => this.#onChange(target));
    element.addEventListener("submit", (event) => this.#onSubmit(event));
    this.bind();
  }

  get boxes() {
    return [...this.element.querySelectorAll(".row-pick")];
  }

  /** The list was replaced. */
  bind() {
    revealForScript(this.element);
    this.#show();
  }

  #onChange(target) {
    if (target.id === "pick-all") for (const box of this.boxes) box.checked = target.checked;
    this.#show();
  }

  #show() {
    const all = this.element.querySelector("#pick-all");
    if (!all) return;
    const { boxes } = this;
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    all.disabled = boxes.length === 0;
    this.element.querySelector("[data-says=picked]").textContent = count ? `${count} chosen` : "Choose all on this page";
    this.element.querySelector(".bulk-acts").hidden = count === 0;
  }

  async #onSubmit(event) {
    const form = event.target;
    if (!("stays" in form.dataset)) return;
    event.preventDefault();
    const row = form.closest(".row").id;
    const body = new FormData(form, event.submitter);
    try {
      await request(form.action, { method: "POST", body });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      form.querySelector("input[type=text]")?.setCustomValidity(error.message);
      form.reportValidity();
      return;
    }
    await this.refresh();
    document.getElementById(row)?.querySelector(".tag-add summary")?.focus();
  }
}
