// The text on the home page while somebody speaks, to be read and corrected at once.
import { Editor } from "./editor.js";
import { EndFollower } from "./follow-end.js";
import { Live, showConnection } from "./live.js";
import { TranscriptText } from "./transcript-text.js";

export class LiveText {
  /** `user` is whose recording it is. */
  constructor(element, id, user) {
    this.element = element;
    element.hidden = false;
    // An earlier recording's text goes, and with it what listened to it.
    const old = element.querySelector(".segments");
    const list = old.cloneNode(false);
    old.replaceWith(list);
    const part = (name) => element.querySelector(`[data-says=${name}]`);
    const region = element.querySelector(".transcript");
    this.editor = new Editor(list, { recording: id, user, endpoint: element.dataset.segments, saveState: part("save-state") });
    this.text = new TranscriptText(region, this.editor);
    this.end = new EndFollower(region, region, element.querySelector(".jump-end"));
    this.live = new Live(`/ws/recordings/${id}/`, 0, { user });
    this.live.addEventListener("update", ({ detail }) => this.#show(detail, part("behind")));
    showConnection(this.live, part("connection"));
  }

  #show(update, behind) {
    this.text.apply(update);
    // There is nothing to play before the end.
    for (const button of this.element.querySelectorAll(".at:enabled")) button.disabled = true;
    this.element.querySelector(".waiting").hidden = !this.text.isEmpty;
    if (!update.status) return;
    const status = new DOMParser().parseFromString(update.status.html, "text/html");
    const sentence = status.querySelector(".behind")?.textContent ?? "";
    if (behind.textContent !== sentence) behind.textContent = sentence;
  }

  save() {
    return this.editor.save();
  }

  close() {
    this.live.close();
    this.end.stop();
    this.text.clearTail();
  }
}
