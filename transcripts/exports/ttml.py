"""Timed text for broadcasters: IMSC 1.1, the Text profile of TTML2.

https://www.w3.org/TR/ttml-imsc1.1/ and, for what it refers to, https://www.w3.org/TR/ttml2/.
"""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from transcripts.exports.characters import clean
from transcripts.exports.clocks import precise_clock
from transcripts.exports.cues import Cue, cues_of
from transcripts.exports.document import DEFAULTS, Document, Format, Options

TT = "http://www.w3.org/ns/ttml"
TTM, TTP, TTS = (f"{TT}#{name}" for name in ("metadata", "parameter", "styling"))
XML = "http://www.w3.org/XML/1998/namespace"
PROFILE = f"{TT}/profile/imsc1.1/text"

for _prefix, _uri in (("", TT), ("ttm", TTM), ("ttp", TTP), ("tts", TTS)):
    ElementTree.register_namespace(_prefix, _uri)


class Ttml(Format):
    name = "TTML"
    media_type = "application/ttml+xml"
    extension = "ttml"

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        cues = cues_of(document, options)
        names = list(dict.fromkeys(cue.speaker for cue in cues if cue.speaker))
        agents = {name: f"speaker{number}" for number, name in enumerate(names, 1)}
        root = Element(f"{{{TT}}}tt", {f"{{{XML}}}lang": document.language, _ttp("timeBase"): "media"})
        root.set(_ttp("contentProfiles"), PROFILE)
        _head(root, document, agents)
        body = SubElement(root, f"{{{TT}}}body", {"region": "bottom", "style": "text"})
        division = SubElement(body, f"{{{TT}}}div")
        for number, cue in enumerate(cues, 1):
            # The space between paragraphs is not shown.
            _paragraph(division, number, cue, agents).tail = "\n"
        content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return content + b"\n"


def _ttp(name: str) -> str:
    return f"{{{TTP}}}{name}"


def _head(root: Element, document: Document, agents: dict[str, str]) -> None:
    head = SubElement(root, f"{{{TT}}}head")
    metadata = SubElement(head, f"{{{TT}}}metadata")
    SubElement(metadata, f"{{{TTM}}}title").text = clean(document.title)
    for name, key in agents.items():
        agent = SubElement(metadata, f"{{{TTM}}}agent", {f"{{{XML}}}id": key, "type": "person"})
        SubElement(agent, f"{{{TTM}}}name", {"type": "full"}).text = name
    styling = SubElement(head, f"{{{TT}}}styling")
    text = {"fontFamily": "proportionalSansSerif", "textAlign": "center", "backgroundColor": "#000000c0"}
    _styled(SubElement(styling, f"{{{TT}}}style", {f"{{{XML}}}id": "text"}), text)
    layout = SubElement(head, f"{{{TT}}}layout")
    place = {"origin": "10% 80%", "extent": "80% 15%", "displayAlign": "after"}
    _styled(SubElement(layout, f"{{{TT}}}region", {f"{{{XML}}}id": "bottom"}), place)


def _styled(element: Element, styles: dict[str, str]) -> None:
    for name, value in styles.items():
        element.set(f"{{{TTS}}}{name}", value)


def _paragraph(division: Element, number: int, cue: Cue, agents: dict[str, str]) -> Element:
    times = {"begin": precise_clock(cue.start_ms), "end": precise_clock(cue.end_ms)}
    paragraph = SubElement(division, f"{{{TT}}}p", {f"{{{XML}}}id": f"cue{number}", **times})
    if cue.speaker:
        paragraph.set(f"{{{TTM}}}agent", agents[cue.speaker])
    paragraph.text = cue.lines[0]
    for line in cue.lines[1:]:
        SubElement(paragraph, f"{{{TT}}}br").tail = line
    return paragraph
