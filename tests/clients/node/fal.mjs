// Does with @fal-ai/client what its users do; prints what came of it as JSON.
import { readFileSync } from "node:fs";

import { ApiError, createFalClient, ValidationError } from "@fal-ai/client";

const { PRODUCT, FAL_KEY, AUDIO, SLOW, WEBHOOK } = process.env;
const HOSTS = { "queue.fal.run": "/fal/queue", "fal.run": "/fal/run", "rest.fal.ai": "/fal/rest" };

// The library knows no other way than its vendor's hosts.
const local = (url, init) => {
    const { host, pathname, search } = new URL(url);
    return fetch(host in HOSTS ? PRODUCT + HOSTS[host] + pathname + search : url, init);
};
const client = (credentials) => createFalClient({ credentials, fetch: local });
const fal = client(FAL_KEY);
const note = new Blob([readFileSync(AUDIO)], { type: "audio/wav" });

const failure = async (act) => {
    try {
        await act();
    } catch (error) {
        return {
            isValidation: error instanceof ValidationError,
            isApi: error instanceof ApiError,
            status: error.status,
            message: error.message,
            fields: error instanceof ValidationError ? error.fieldErrors : [],
        };
    }
    return null;
};

const audio_url = await fal.storage.upload(note);
const updates = [];
const subscribed = await fal.subscribe("fal-ai/whisper", {
    input: { audio_url, chunk_level: "word" },
    logs: true,
    pollInterval: 100,
    onQueueUpdate: (update) => updates.push(update.status),
});

const submitted = await fal.queue.submit("fal-ai/wizper", { input: { audio_url: note }, webhookUrl: WEBHOOK });
const requestId = submitted.request_id;
const streamed = [];
const stream = await fal.queue.streamStatus("fal-ai/wizper", { requestId, logs: true });
for await (const update of stream) streamed.push(update);
const status = await fal.queue.status("fal-ai/wizper", { requestId, logs: true });
const result = await fal.queue.result("fal-ai/wizper", { requestId });

const cancelled = await fal.queue.submit("fal-ai/whisper", { input: { audio_url: SLOW } });
await fal.queue.cancel("fal-ai/whisper", { requestId: cancelled.request_id });

console.log(
    JSON.stringify({
        subscribed,
        updates,
        submitted,
        streamed,
        status,
        result,
        // More than a page may send, to an address that is signed instead of a key.
        large: await fal.storage.upload(new Blob([new Uint8Array(9_000_000)])),
        ran: await fal.run("fal-ai/whisper", { input: { audio_url, chunk_level: "none" } }),
        errors: {
            key: await failure(() => client("unknown").run("fal-ai/whisper", { input: { audio_url } })),
            model: await failure(() => fal.subscribe("fal-ai/unknown", { input: { audio_url } })),
            input: await failure(() => fal.run("fal-ai/whisper", { input: { chunk_level: "line" } })),
            audio: await failure(() => fal.subscribe("fal-ai/whisper", { input: { audio_url: new Blob(["hello"]) } })),
            size: await failure(() => fal.storage.upload(new Blob([new Uint8Array(31_000_000)]))),
            cancelled: await failure(() =>
                fal.queue.result("fal-ai/whisper", { requestId: cancelled.request_id }),
            ),
        },
    }),
);
