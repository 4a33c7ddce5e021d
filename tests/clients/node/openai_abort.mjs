// Aborts a call of the openai library once the server is at work on it; prints what it throws as JSON.
import { createReadStream } from "node:fs";
import { setTimeout } from "node:timers/promises";

import OpenAI from "openai";

const { PRODUCT, API_KEY, AUDIO } = process.env;
const client = new OpenAI({ baseURL: `${PRODUCT}/v1`, apiKey: API_KEY });
const controller = new AbortController();

const isAtWork = async () => {
    const answer = await fetch(`${PRODUCT}/api/v1/recordings`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    return (await answer.json()).items.some(({ state }) => state !== "receiving");
};

const call = client.audio.transcriptions
    .create({ model: "whisper-1", file: createReadStream(AUDIO) }, { signal: controller.signal })
    .catch((error) => ({ name: error.constructor.name, message: error.message }));
while (!(await isAtWork())) await setTimeout(200);
controller.abort();
console.log(JSON.stringify(await call));
