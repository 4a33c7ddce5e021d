import fal_client

fal_client.client.QUEUE_URL_FORMAT = "http://127.0.0.1:8000/fal/queue/"
fal_client.client.REST_URL = "http://127.0.0.1:8000/fal/rest"
fal_client.client.CDN_URL = "http://127.0.0.1:8000/fal/cdn"
client = fal_client.SyncClient(key="stt_…")
asked = {"audio_url": client.upload_file("note.wav")}
print(client.subscribe("fal-ai/whisper", asked)["text"])
