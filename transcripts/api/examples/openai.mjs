import { createReadStream } from "node:fs";
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "http://127.0.0.1:8000/v1", apiKey: "stt_…" });
const asked = { model: "whisper-1", file: createReadStream("note.wav") };
console.log((await client.audio.transcriptions.create(asked)).text);
