"""Documents for people: what writes them is loaded when the first is wanted; most processes never do."""

from transcripts.exports.document import DEFAULTS, Document, Format, Options


class Docx(Format):
    name = "Word"
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    extension = "docx"
    is_binary = True

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        from transcripts.exports.docx import write

        return write(document, options)


class Odt(Format):
    name = "OpenDocument"
    media_type = "application/vnd.oasis.opendocument.text"
    extension = "odt"
    is_binary = True

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        from transcripts.exports.odt import write

        return write(document, options)


class Pdf(Format):
    name = "PDF"
    media_type = "application/pdf"
    extension = "pdf"
    is_binary = True

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        from transcripts.exports.pdf import write

        return write(document, options)
