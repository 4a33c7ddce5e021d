"""What can go wrong in the engine. The message is one sentence for the user.

EngineError
├── AudioError          the recording cannot be decoded            permanent
│   └── ReaderKilled    something else ended its decoding          try again
├── LanguageUnsupported the model does not know the language       permanent
├── ModelMissing        the chosen model was removed               permanent
├── ModelUnavailable    the model is not there or does not load    try again later
└── OutOfMemory         the device is full                         try again with a smaller batch
"""


class EngineError(Exception):
    permanent = False


class AudioError(EngineError):
    permanent = True


class ReaderKilled(AudioError):
    permanent = False


class LanguageUnsupported(EngineError):
    permanent = True


class ModelMissing(EngineError):
    permanent = True


class ModelUnavailable(EngineError):
    pass


class OutOfMemory(EngineError):
    pass
