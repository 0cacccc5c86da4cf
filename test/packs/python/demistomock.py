"""
Stand-in for `demisto`, the platform as an integration of Cortex XSOAR sees it. Only what the pack uses is here, and strictly: another name is an
error. A command that fails or is killed leaves last run and incidents as they were; the integration context is written at once.
"""
import json
import re


class Killed(BaseException):
    """The container was killed: nothing of Python's own error handling may stop it."""


class Recorded(dict):
    """A dictionary that knows which keys were asked for."""

    def __init__(self, *values):
        super().__init__(*values)
        self.asked = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)


class Platform:
    def __init__(self):
        self.last_run, self.last_mirror_run, self.context, self.context_version = {}, {}, {}, 0
        self.begin("", {}, {}, None)

    def begin(self, command, args, params, kill_at):
        self.command, self.args, self.params = command, Recorded(args), Recorded(params)
        self.kill_at, self.calls = kill_at, 0
        self.results, self.error, self.log = [], None, []
        self.next_run, self.next_mirror_run, self.incidents = None, None, None

    def touch(self):
        """Every call that leaves the container counts; one of them may be its last."""
        self.calls += 1
        if self.calls == self.kill_at:
            raise Killed()

    def commit(self):
        if self.next_run is not None:
            self.last_run = self.next_run
        if self.next_mirror_run is not None:
            self.last_mirror_run = self.next_mirror_run


platform = Platform()


def command():
    return platform.command


def args():
    return platform.args


def params():
    return platform.params


def integrationInstance():
    return "RhythmXEdge_instance_1"


def getLastRun():
    platform.touch()
    return json.loads(json.dumps(platform.last_run))


def strings(what, value):
    assert isinstance(value, dict), f"{what}: a dictionary"
    for key, one in value.items():
        assert isinstance(key, str) and isinstance(one, str), f"{what}: {key} has to be a string, not {one!r}"
    return json.loads(json.dumps(value))


def setLastRun(value):
    platform.next_run = strings("setLastRun", value)
    platform.touch()


def incidents(value):
    assert isinstance(value, list)
    for one in value:
        assert set(one) == {"name", "occurred", "severity", "dbotMirrorId", "rawJSON"}, sorted(one)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", one["occurred"]), one["occurred"]
        assert one["severity"] in (0, 0.5, 1, 2, 3, 4)
        assert isinstance(json.loads(one["rawJSON"]), dict)
    platform.incidents = json.loads(json.dumps(value))
    platform.touch()


def info(message):
    platform.log.append(["info", str(message)])


def error(message):
    platform.log.append(["error", str(message)])
