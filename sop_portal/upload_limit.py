"""The size of an upload, looked at before the first byte of it is written to disk."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from masterdata.guarding import LARGEST_UPLOAD, MEGABYTE

# Boundaries and field names of a form come on top of its files.
FORM_ITSELF = MEGABYTE


class SizeLimit(FileUploadHandler):
    """Refuses a form that says it is too large, and one that turns out to be; other handlers keep the files."""

    received = 0

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        self._check(content_length)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        self._check(self.received)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _check(self, size: int) -> None:
        if size > LARGEST_UPLOAD + FORM_ITSELF:
            raise RequestDataTooBig(f"An upload of {size} bytes is more than {LARGEST_UPLOAD // MEGABYTE} MB.")
