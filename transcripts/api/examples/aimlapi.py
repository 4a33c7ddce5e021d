import time
import requests

stt, headers = "http://127.0.0.1:8000/v1/stt", {"Authorization": "Bearer stt_…"}
model = {"model": "#g1_whisper-large"}

made = requests.post(f"{stt}/create", headers=headers, data=model, files={"audio": open("note.wav", "rb")})
url = f"{stt}/{made.json()['generation_id']}"
while (found := requests.get(url, headers=headers).json())["status"] in ("waiting", "active"):
    time.sleep(1)
print(found["result"]["results"]["channels"][0]["alternatives"][0]["transcript"])
