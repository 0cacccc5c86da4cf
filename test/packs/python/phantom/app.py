"""Stand-in for `phantom.app`: the names that the pack uses."""
APP_SUCCESS = True
APP_ERROR = False


def is_fail(status):
    return status is False
