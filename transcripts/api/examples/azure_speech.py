import azure.cognitiveservices.speech as speech

config = speech.SpeechConfig(host="ws://127.0.0.1:8000", subscription="stt_…")
audio = speech.AudioConfig(filename="note.wav")
print(speech.SpeechRecognizer(config, audio).recognize_once().text)
