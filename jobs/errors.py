"""The one way a service says no: a code for programs and a sentence for people."""


class Refused(Exception):
    """A request that is understood but may not be carried out now.

    `code` is stable and machine-readable, `detail` says in plain words what is wrong and what to do,
    `status` is the HTTP status the door answers with (409 state, 403 not yours, 422 meaning).
    """

    def __init__(self, code: str, detail: str, *, status: int = 409, **extra: object) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.extra = extra


class NotYours(Refused):
    """Readable, but not yours to write; says whose it is."""

    def __init__(self, detail: str) -> None:
        super().__init__("not_yours", detail, status=403)


class Invalid(Refused):
    """Input that does not mean anything here; `errors` lists every fault found."""

    def __init__(self, detail: str, *, errors: list[dict[str, object]] | None = None) -> None:
        super().__init__("invalid", detail, status=422, errors=errors or [])
