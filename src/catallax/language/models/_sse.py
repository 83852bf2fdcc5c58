"""Server-sent events, read from bytes as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable


class Malformed(Exception):
    """What came over the wire is not what the protocol says."""


async def events(chunks: AsyncIterable[bytes], most_bytes: int) -> AsyncGenerator[str, None]:
    """The data of each event of a stream.

    Fields other than `data` and comments are skipped; an event that the end of the stream cuts off is dropped, as the
    standard has it (WHATWG HTML, 9.2.6).

    Args:
        chunks: the stream, cut anywhere.
        most_bytes: the longest stream that is read.

    Raises:
        Malformed: if the stream is longer, or is not UTF-8.
    """
    rest, data, size = b"", [], 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most_bytes:
            raise Malformed(f"the stream is longer than {most_bytes} bytes.")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            line = line.rstrip(b"\r")
            if line.startswith(b"data:"):
                data.append(_text(line[5:].removeprefix(b" ")))
            elif not line and data:
                yield "\n".join(data)
                data = []


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("the stream is not UTF-8.") from None
