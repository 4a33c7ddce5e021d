"""Where a subtitle may end: how much it hurts to break before a word, in seven languages of Europe and CJK.

After punctuation is best, then before a conjunction or a preposition; between article and noun is worst.
"""

import re

SENTENCE, CLAUSE, CONJUNCTION, PREPOSITION, PLAIN = 0.0, 2.0, 5.0, 7.0, 12.0
AFTER_PREPOSITION, AFTER_ARTICLE, INSIDE_WORD = 40.0, 100.0, 150.0

_CLOSING = "\"'”’»›)]}」』）】》〉"
_OPENING = "\"'“„‚‘«‹([{「『（【《〈¿¡"
_SENTENCE_END = re.compile(rf"[.!?…。！？।؟۔][{re.escape(_CLOSING)}]*$")
_CLAUSE_END = re.compile(rf"[,;:—–，、；：،؛·][{re.escape(_CLOSING)}]*$")
# No line begins with these, in Chinese and Japanese (JIS X 4051, 4.3) as elsewhere.
_NOT_FIRST = set(
    "、。，．・：；？！ー々ゝゞぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…—" + _CLOSING[2:] + ".,;:!?%"
)
_NOT_LAST = set(_OPENING[2:])

_ARTICLES = {
    "en": "a an the",
    "de": "der die das den dem des ein eine einen einem einer eines",
    "fr": "le la les l' un une des du au aux",
    "es": "el la los las un una unos unas lo al del",
    "it": "il lo la i gli le un uno una l' del dello della dei degli delle al allo alla ai agli alle",
    "pt": "o a os as um uma uns umas do da dos das no na nos nas ao à aos às",
    "nl": "de het een",
}
_DETERMINERS = {
    "en": "my your his her its our their this that these those no every each",
    "de": "mein meine dein sein seine ihr ihre unser unsere dieser diese dieses kein keine jeder jede jedes",
    "fr": "mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces",
    "es": "mi mis tu tus su sus este esta estos estas ese esa cada",
    "it": "mio mia suo sua questo questa quel quella ogni",
    "pt": "meu minha seu sua este esta esse essa cada",
    "nl": "mijn jouw zijn haar ons onze hun dit dat deze die geen elke",
}
_CONJUNCTIONS = {
    "en": "and but or nor so because although though while when if unless since that which who whom whose "
    "where",
    "de": "und aber oder denn sondern weil obwohl während wenn falls dass ob als damit bevor nachdem",
    "fr": "et mais ou donc car que qui quand lorsque si parce comme dont où puisque",
    "es": "y e pero o u ni sino porque aunque cuando si que quien donde como mientras",
    "it": "e ed ma o oppure perché quando se che chi dove come mentre quindi",
    "pt": "e mas ou porque quando se que quem onde como enquanto embora",
    "nl": "en maar of want omdat hoewel terwijl wanneer als dat die wie waar dus",
}
_PREPOSITIONS = {
    "en": "of in on at by for with from to into onto about over under after before between through during "
    "without within against among upon until",
    "de": "in im an am auf bei mit nach von vom zu zum zur aus über unter vor zwischen durch für gegen ohne "
    "um bis seit während wegen",
    "fr": "de d' à en dans sur sous avec sans pour par chez entre vers depuis pendant avant après",
    "es": "de a en con sin por para sobre entre hasta desde hacia según durante contra",
    "it": "di a da in con su per tra fra senza sopra sotto dopo prima durante contro",
    "pt": "de em com sem por para sobre entre até desde durante contra",
    "nl": "van in op bij met naar uit voor over onder tussen door zonder tegen tot sinds",
}


class Grammar:
    """What breaks cost in one language; in one that is not known here, only punctuation counts."""

    def __init__(self, language: str) -> None:
        code = language.lower().split("-")[0]
        self.articles = _words(_ARTICLES, code)
        self.determiners = _words(_DETERMINERS, code)
        self.conjunctions = _words(_CONJUNCTIONS, code)
        self.prepositions = _words(_PREPOSITIONS, code)

    def cost(self, before: str, after: str, *, is_spaced: bool) -> float:
        """Return how much it hurts to break between two neighbours."""
        if not is_spaced and not _may_part(before, after):
            return INSIDE_WORD
        if _SENTENCE_END.search(before):
            return SENTENCE
        if _CLAUSE_END.search(before):
            return CLAUSE
        last, first = _bare(before), _bare(after)
        if self.is_article(before):
            return AFTER_ARTICLE
        if last in self.determiners or last in self.prepositions or last in self.conjunctions:
            return AFTER_PREPOSITION
        if first in self.conjunctions:
            return CONJUNCTION
        return PREPOSITION if first in self.prepositions else PLAIN

    def is_article(self, word: str) -> bool:
        return (
            _bare(word) in self.articles and not _CLAUSE_END.search(word) and not _SENTENCE_END.search(word)
        )


def is_wide(character: str) -> bool:
    """Whether it is of a script that is written without spaces, and may be broken between characters."""
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\uffef" or character >= "\U00020000"


def units(text: str) -> list[str]:
    """Split a word without spaces where its script allows a break: between ideographs and kana."""
    found: list[str] = []
    for character in text:
        if found and not (_may_part(found[-1], character)):
            found[-1] += character
        else:
            found.append(character)
    return found


def _may_part(before: str, after: str) -> bool:
    if after[:1] in _NOT_FIRST or before[-1:] in _NOT_LAST or not (after and before):
        return False
    return is_wide(before[-1]) or is_wide(after[0])


def _bare(word: str) -> str:
    return word.strip(_CLOSING + _OPENING + ".,;:!?…").lower()


def _words(lists: dict[str, str], code: str) -> frozenset[str]:
    return frozenset(lists.get(code, "").split())
