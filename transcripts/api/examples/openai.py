from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8000/v1", api_key="stt_…")
with open("note.wav", "rb") as file:
    print(client.audio.transcriptions.create(model="whisper-1", file=file).text)
