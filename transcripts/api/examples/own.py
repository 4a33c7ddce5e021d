import requests

api, headers = "http://127.0.0.1:8000/api/v1/recordings", {"Authorization": "Bearer stt_…"}
made = requests.post(api, headers=headers, files={"file": open("note.wav", "rb")}).json()
with requests.get(f"{api}/{made['id']}/events", headers=headers, stream=True) as events:
    next(line for line in events.iter_lines() if b'"done"' in line)
print(requests.get(f"{api}/{made['id']}/export/txt", headers=headers).text)
