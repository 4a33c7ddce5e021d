import base64
import wave
from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8000/v1", api_key="stt_…")
heard = {"format": {"type": "audio/pcm", "rate": 16_000}, "turn_detection": None}

with client.realtime.connect(extra_query={"intent": "transcription"}) as live:
    live.session.update(session={"type": "transcription", "audio": {"input": heard}})
    live.input_audio_buffer.append(audio=base64.b64encode(wave.open("note.wav").readframes(-1)).decode())
    live.input_audio_buffer.commit()
    print(next(event.transcript for event in live if event.type.endswith("transcription.completed")))
