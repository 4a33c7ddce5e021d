from azure.ai.transcription import TranscriptionClient, models
from azure.core.credentials import AzureKeyCredential

client = TranscriptionClient("http://127.0.0.1:8000", AzureKeyCredential("stt_…"))
asked = models.TranscriptionOptions(locales=["en-US"])
with open("note.wav", "rb") as file:
    content = models.TranscriptionContent(definition=asked, audio=file)
    print(client.transcribe(content).combined_phrases[0].text)
