from transcripts.models.api import ApiFile, ApiRequest, IdempotentAnswer
from transcripts.models.batch import BatchFile
from transcripts.models.event import Event
from transcripts.models.intake import UrlImport, WatchedFile
from transcripts.models.lease import Leased
from transcripts.models.library import SubtitleProfile, Tag, Term
from transcripts.models.note import Note
from transcripts.models.recording import Recording
from transcripts.models.rerun import Rerun
from transcripts.models.revision import Revision
from transcripts.models.sharing import Membership, Share
from transcripts.models.span import Span
from transcripts.models.speech_model import SpeechModel
from transcripts.models.speed import Speed
from transcripts.models.transcript import Hypothesis, Segment, Speaker, Transcript
from transcripts.models.webhook import Delivery, Webhook

__all__ = [
    "ApiFile",
    "ApiRequest",
    "BatchFile",
    "Delivery",
    "Event",
    "Hypothesis",
    "IdempotentAnswer",
    "Leased",
    "Membership",
    "Note",
    "Recording",
    "Rerun",
    "Revision",
    "Segment",
    "Share",
    "Span",
    "Speaker",
    "SpeechModel",
    "Speed",
    "SubtitleProfile",
    "Tag",
    "Term",
    "Transcript",
    "UrlImport",
    "WatchedFile",
    "Webhook",
]
