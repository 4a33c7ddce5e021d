from deepgram import DeepgramClient
from deepgram.environment import DeepgramClientEnvironment

here = dict.fromkeys(["base", "production", "agent", "agent_rest"], "http://127.0.0.1:8000")
client = DeepgramClient(api_key="stt_…", environment=DeepgramClientEnvironment(**here))
with open("note.wav", "rb") as file:
    answer = client.listen.v1.media.transcribe_file(request=file.read(), model="nova-3")
print(answer.results.channels[0].alternatives[0].transcript)
