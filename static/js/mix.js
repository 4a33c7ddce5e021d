// What is recorded: the microphone, and this computer's sound where that is wanted, as one stream. Its parts may
// come and go while the recording goes on, which would otherwise need a new file.
import { openComputerSound, openMicrophone } from "./microphone.js";

// A busy machine takes seconds; what takes longer than this is broken.
const START_MS = 15_000;

export class Mix extends EventTarget {
  #streams = new Map();

  constructor() {
    super();
    this.context = new AudioContext();
    this.output = this.context.createGain();
    const destination = this.context.createMediaStreamDestination();
    Object.assign(destination, { channelCount: 1, channelCountMode: "explicit" });
    this.output.connect(destination);
    this.stream = destination.stream;
    // A phone call takes the sound away, and gives it back when somebody comes back to the page.
    this.context.addEventListener("statechange", () => {
      if (this.context.state !== "running") this.wake();
      this.#tell("mute");
    });
  }

  /** Whether the system takes the microphone's sound away for now. */
  get isMuted() {
    const [track] = this.#streams.get("microphone")?.stream.getAudioTracks() ?? [];
    return Boolean(track?.muted) || !["running", "closed"].includes(this.context.state);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  wake() {
    if (this.context.state !== "closed") this.context.resume().catch(() => {});
  }

  /** Wait until sound flows: what comes before that is in no recording, though its clock would count it. */
  running() {
    const { context } = this;
    return new Promise((resolve, reject) => {
      const look = () => context.state === "running" && resolve();
      context.addEventListener("statechange", look);
      setTimeout(() => reject(new DOMException("", "NoSound")), START_MS);
      look();
    });
  }

  has(kind) {
    return this.#streams.has(kind);
  }

  async openMicrophone(deviceId) {
    this.#put("microphone", await openMicrophone(deviceId || undefined));
  }

  async openComputerSound() {
    this.#put("computer", await openComputerSound());
  }

  /** Tells of "lost", with its kind, and of "mute" where that may have changed. */
  #put(kind, stream) {
    this.#drop(kind);
    const node = this.context.createMediaStreamSource(stream);
    node.connect(this.output);
    this.#streams.set(kind, { stream, node });
    const [track] = stream.getAudioTracks();
    track.addEventListener("ended", () => {
      this.#drop(kind);
      this.#tell("lost", kind);
    });
    for (const name of ["mute", "unmute"]) track.addEventListener(name, () => this.#tell("mute"));
    this.wake();
  }

  #drop(kind) {
    const { stream, node } = this.#streams.get(kind) ?? {};
    node?.disconnect();
    stream?.getTracks().forEach((track) => track.stop());
    this.#streams.delete(kind);
  }

  stop() {
    for (const kind of [...this.#streams.keys()]) this.#drop(kind);
    this.context.close();
  }
}
