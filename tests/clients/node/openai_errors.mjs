// Makes with the openai library the mistakes that its users make; prints what it throws as JSON.
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import OpenAI, { toFile } from "openai";

const { PRODUCT, API_KEY, AUDIO } = process.env;
const client = (apiKey) => new OpenAI({ baseURL: `${PRODUCT}/v1`, apiKey });

const thrown = async (asked, apiKey = API_KEY) => {
    try {
        await client(apiKey).audio.transcriptions.create({ model: "whisper-1", ...asked });
    } catch (error) {
        const { status, code, param, message } = error;
        return { name: error.constructor.name, status, code, param, message };
    }
    return null;
};

const folder = mkdtempSync(join(tmpdir(), "openai-"));
const large = join(folder, "large.wav");
writeFileSync(large, Buffer.alloc(31_000_000));

console.log(
    JSON.stringify({
        key: await thrown({ file: createReadStream(AUDIO) }, "stt_wrong"),
        model: await thrown({ file: createReadStream(AUDIO), model: "whisper-900" }),
        audio: await thrown({ file: await toFile(Buffer.from("Dear Sir or Madam"), "letter.mp3") }),
        size: await thrown({ file: await toFile(Buffer.alloc(31_000_000), "large.wav") }),
        streamed: await thrown({ file: createReadStream(large) }),
    }),
);
rmSync(folder, { recursive: true });
