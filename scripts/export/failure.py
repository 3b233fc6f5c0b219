"""What the export tool reports when it cannot go on: a code, what is wrong, and what to do."""

USAGE = 2
FAILED = 1


class Failure(Exception):
    def __init__(self, code, message, hint, status=FAILED):
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.status = status
