"""Transcribe a file: create a generation, then ask every ten seconds how far it is."""

import time

import requests

base_url = "https://api.aimlapi.com/v1"
api_key = "<YOUR_AIMLAPI_KEY>"
headers = {"Authorization": f"Bearer {api_key}"}


def create_stt():
    data = {"model": "#g1_whisper-large"}
    with open("stt-sample.mp3", "rb") as file:
        files = {"audio": ("sample.mp3", file, "audio/mpeg")}
        response = requests.post(f"{base_url}/stt/create", data=data, headers=headers, files=files)
    if response.status_code >= 400:
        print(f"Error: {response.status_code} - {response.text}")
        return {}
    return response.json()


def get_stt(gen_id):
    return requests.get(f"{base_url}/stt/{gen_id}", headers=headers).json()


def main():
    gen_id = create_stt().get("generation_id")
    end = time.time() + 600
    while gen_id and time.time() < end:
        generation = get_stt(gen_id)
        if generation["status"] in ("waiting", "active"):
            print("Still waiting: asking again in 10 seconds.")
            time.sleep(10)
        else:
            channel = generation["result"]["results"]["channels"][0]
            print(channel["alternatives"][0]["transcript"])
            return


if __name__ == "__main__":
    main()
