// The choice of microphone, remembered by this browser.
import { recall, remember } from "./storage.js";

const KEY = "sttweb:microphone";

export class Microphones {
  /** `field` is hidden while there is no choice; browsers name the devices only once one was allowed. */
  constructor(field, { onChange }) {
    this.field = field;
    this.list = field.querySelector("select");
    this.list.addEventListener("change", () => {
      remember(KEY, this.chosen);
      onChange(this.chosen);
    });
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.show());
    this.show();
  }

  get chosen() {
    return this.list.value;
  }

  async show() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const named = devices.filter(({ kind, label }) => kind === "audioinput" && label);
    const wanted = this.chosen || recall(KEY) || "";
    const options = named.map(({ label, deviceId }) => new Option(label, deviceId));
    this.list.replaceChildren(...options);
    if (named.some(({ deviceId }) => deviceId === wanted)) this.list.value = wanted;
    this.field.hidden = named.length < 2;
  }
}
