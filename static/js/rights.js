// What the reader may do with this recording, which its owner can change while the page is open.
import { nameText } from "./segment-facts.js";

export class Rights extends EventTarget {
  /** `page` has the role, and `list` the segments, as the server rendered them. */
  constructor(page, list) {
    super();
    Object.assign(this, { page, list });
  }

  get role() {
    return this.page.dataset.role;
  }

  get canWrite() {
    return this.role !== "viewer";
  }

  set(role) {
    if (role === this.role) return;
    this.page.dataset.role = role;
    for (const element of document.querySelectorAll("[data-writes]")) element.hidden = !this.canWrite;
    for (const panel of document.querySelectorAll(".panel")) panel.dispatchEvent(new Event("panel-expires"));
    for (const segment of this.list.children) show(segment, this.canWrite);
    this.dispatchEvent(new Event("change"));
  }
}

function show(segment, canWrite) {
  const box = segment.querySelector(".text");
  const means = { contenteditable: "plaintext-only", role: "textbox", "aria-label": "" };
  for (const [name, value] of Object.entries(means)) {
    if (canWrite) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
  nameText(segment);
  const speaker = segment.querySelector(".speaker");
  if (!speaker) return;
  const fresh = Object.assign(document.createElement(canWrite ? "button" : "span"), { className: "speaker" });
  if (canWrite) fresh.type = "button";
  fresh.textContent = speaker.textContent;
  speaker.replaceWith(fresh);
}
