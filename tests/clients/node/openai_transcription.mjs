// Sends a file as a stream, whose length nobody announces; prints the text.
import fs from "node:fs";
import OpenAI from "openai";

const { BASE_URL, API_KEY, AUDIO } = process.env;
const client = new OpenAI({ baseURL: BASE_URL, apiKey: API_KEY });
const answer = await client.audio.transcriptions.create({
    file: fs.createReadStream(AUDIO),
    model: "whisper-1",
});
console.log(answer.text);
