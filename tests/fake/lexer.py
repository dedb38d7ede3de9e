"""How the daemon turns received bytes into command words.

Facts: input is taken in portions of 256 bytes into a buffer of 1024; what is not printable is
dropped before; a full buffer is emptied and the byte that did not fit is lost, so the rest of an
overlong line is a new command.  Words are separated by spaces, grouped by quotes; a backslash
outside '...' may stand before a backslash, a double quote or a space only; ; and # at the start of
a word end the line; there are 16 words of 256 bytes at most.
"""

PORTION = 256
LINE_SIZE = 1024
WORD_SIZE = 256
WORDS = 16

_BACKSLASH, _DOUBLE, _SINGLE, _SPACE = b"\\\"' "
_COMMENT = b";#"


class LexerError(Exception):
    """The text that the daemon sends after `ERROR: `."""


class InputBuffer:
    """Bytes in, complete lines out.  With high_bytes everything from 0x80 on is kept."""

    def __init__(self, high_bytes):
        self._high_bytes = high_bytes
        self._buffer = bytearray()

    def feed(self, data):
        """The lines completed by data, which may be longer than one portion."""
        lines = []
        for start in range(0, len(data), PORTION):
            for byte in data[start:start + PORTION]:
                self._add(byte)
            *complete, rest = bytes(self._buffer).split(b"\n")
            lines += complete
            self._buffer = bytearray(rest)
        return lines

    def clear(self):
        self._buffer.clear()

    def _add(self, byte):
        if not (byte == 0x0A or 0x20 <= byte < 0x7F or byte >= 0x80 and self._high_bytes):
            return
        if len(self._buffer) >= LINE_SIZE:
            self._buffer.clear()
        else:
            self._buffer.append(byte)


class _Line:
    """One pass over a line."""

    def __init__(self, line):
        self.line = line
        self.position = 0
        self.word = bytearray()

    def at_end(self):
        return self.position >= len(self.line)

    def next(self):
        self.position += 1
        return self.line[self.position - 1]

    def skip_spaces(self):
        while not self.at_end() and self.line[self.position] == _SPACE:
            self.position += 1

    def keep(self, byte):
        if len(self.word) >= WORD_SIZE:
            shown = bytes(self.word[:WORD_SIZE - 1]).decode("utf-8", "surrogateescape")
            raise LexerError(
                f"Options error: Parameter at TCP:0 is too long ({WORD_SIZE} chars max): {shown}")
        self.word.append(byte)

    def escaped(self):
        """The byte after a backslash, None at the end of the line."""
        if self.at_end():
            return None
        byte = self.next()
        if byte not in (_BACKSLASH, _DOUBLE, _SPACE):
            raise LexerError("Options warning: Bad backslash ('\\') usage in TCP:0: "
                             "only a backslash, a double quote or a space may follow it")
        return byte

    def read_quoted(self, quote):
        name = "quotation (\")" if quote == _DOUBLE else "single quotation (')"
        while not self.at_end():
            byte = self.next()
            if byte == quote:
                return
            if byte == _BACKSLASH and quote == _DOUBLE:
                byte = self.escaped()
                if byte is None:
                    break
            self.keep(byte)
        raise LexerError(f"Options error: No closing {name} in TCP:0")

    def read_plain(self, first):
        self.keep(first)
        while not self.at_end():
            byte = self.next()
            if byte == _SPACE:
                return
            if byte == _BACKSLASH:
                byte = self.escaped()
                if byte is None:
                    raise LexerError("Options error: Residual parse state (2) in TCP:0")
            self.keep(byte)

    def read_word(self):
        """False when the line holds no more words."""
        self.skip_spaces()
        self.word = bytearray()
        if self.at_end() or self.line[self.position] in _COMMENT:
            return False
        first = self.next()
        if first in (_DOUBLE, _SINGLE):
            self.read_quoted(first)
            return True
        if first == _BACKSLASH:
            # A comment sign counts even behind a backslash; an escaped space is still a separator.
            if self.at_end() or self.line[self.position] in _COMMENT:
                return False
            first = self.escaped()
            if first == _SPACE:
                return self.read_word()
        self.read_plain(first)
        return True


def split(line):
    """The words of a line (bytes), decoded; raises LexerError."""
    reader = _Line(line)
    words = []
    while len(words) < WORDS and reader.read_word():
        words.append(bytes(reader.word).decode("utf-8", "surrogateescape"))
    return words
