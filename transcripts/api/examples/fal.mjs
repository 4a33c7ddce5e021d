import { openAsBlob } from "node:fs";
import { fal } from "@fal-ai/client";

const stt = "http://127.0.0.1:8000/fal";
const hosts = { "queue.fal.run": stt + "/queue", "fal.run": stt + "/run", "rest.fal.ai": stt + "/rest" };
const here = (url) => String(url).replace(/^https:\/\/([\w.]+)/, (other, host) => hosts[host] ?? other);
fal.config({ credentials: "stt_…", fetch: (url, options) => fetch(here(url), options) });
const { data } = await fal.subscribe("fal-ai/whisper", { input: { audio_url: await openAsBlob("note.wav") } });
console.log(data.text);
