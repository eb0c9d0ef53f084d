"""One model laid out as HTML, DOCX or PDF; templates, words in several languages, a font."""
