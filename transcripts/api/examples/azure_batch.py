import time
import requests

url = "http://127.0.0.1:8000/speechtotext/transcriptions:submit?api-version=2024-11-15"
headers = {"Ocp-Apim-Subscription-Key": "stt_…"}
files = {"contentUrls": ["https://example.org/note.wav"], "properties": {"timeToLiveHours": 48}}

batch = requests.post(url, headers=headers, json={"displayName": "Note", "locale": "en-US", **files}).json()
while (batch := requests.get(batch["self"], headers=headers).json())["status"] in ("NotStarted", "Running"):
    time.sleep(1)
texts = requests.get(batch["links"]["files"], headers=headers).json()["values"]
print(requests.get(texts[0]["links"]["contentUrl"]).json()["combinedRecognizedPhrases"][0]["display"])
