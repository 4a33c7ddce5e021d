"""Why something is not done: one sentence for whoever asked, and the status that says it in HTTP."""


class Refused(Exception):
    """It is not done. The message is one sentence for whoever asked; `status` is HTTP's."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class WrongOffset(Refused):
    def __init__(self, expected: int) -> None:
        super().__init__(f"This upload continues at byte {expected}.", 409)
        self.expected = expected
