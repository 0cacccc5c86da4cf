"""
Stand-in for `phantom.base_connector`, the platform as an app of Splunk SOAR sees it: containers by their source identifier, artifacts by theirs
within a container. What is saved stays, whatever becomes of the action.
"""
import json


class Killed(BaseException):
    """The process was killed: nothing of Python's own error handling may stop it."""


class Platform:
    def __init__(self):
        self.state, self.containers = {}, {}
        self.begin("", {}, {}, {})

    def begin(self, action, param, config, request):
        self.action, self.param, self.config = action, param, config
        self.poll_now, self.fail_at, self.kill_at = request.get("poll_now", False), request.get("fail_at"), request.get("kill_at")
        self.progress, self.saves, self.started, self.calls = [], 0, [], 0

    def touch(self):
        self.calls += 1
        if self.calls == self.kill_at:
            raise Killed()

    def save_container(self, container):
        self.touch()
        assert set(container) <= {"name", "description", "source_data_identifier", "severity", "start_time", "data"}, sorted(container)
        assert container["severity"] in ("low", "medium", "high") and container["name"]
        self.saves += 1
        if self.saves == self.fail_at:
            return False, "Failed to save the container", None
        identifier = container["source_data_identifier"]
        message = "Duplicate container found" if identifier in self.containers else "Container created"
        kept = self.containers.setdefault(identifier, {"id": len(self.containers) + 1, "artifacts": {}, **json.loads(json.dumps(container))})
        self.touch()
        return True, message, kept["id"]

    def save_artifacts(self, artifacts):
        self.touch()
        kept = next(one for one in self.containers.values() if one["id"] == artifacts[0]["container_id"])
        ids = []
        for artifact in artifacts:
            names = {"label", "name", "source_data_identifier", "severity", "cef", "cef_types", "container_id", "run_automation"}
            assert set(artifact) == names, sorted(artifact)
            assert artifact["container_id"] == kept["id"] and set(artifact["cef_types"]) <= set(artifact["cef"])
            identifier = artifact["source_data_identifier"]
            if identifier in kept["artifacts"]:
                ids.append(None)
                continue
            kept["artifacts"][identifier] = json.loads(json.dumps(artifact))
            ids.append(len(kept["artifacts"]))
            # A duplicate starts nothing, whatever it says.
            if artifact["run_automation"]:
                self.started.append([kept["source_data_identifier"], identifier, sorted(kept["artifacts"])])
            self.touch()
        return True, "Artifacts saved", ids


platform = Platform()


class BaseConnector:
    def __init__(self):
        self._results = []
        self._status = (None, "")

    def get_config(self):
        return platform.config

    def get_action_identifier(self):
        return platform.action

    def load_state(self):
        return json.loads(json.dumps(platform.state))

    def save_state(self, state):
        platform.touch()
        platform.state = json.loads(json.dumps(state))

    def add_action_result(self, result):
        self._results.append(result)
        return result

    def set_status(self, status, message=""):
        self._status = (status, message)
        return status

    def save_progress(self, message):
        platform.progress.append(str(message))

    def is_poll_now(self):
        return platform.poll_now

    def save_container(self, container):
        return platform.save_container(container)

    def save_artifacts(self, artifacts):
        return platform.save_artifacts(artifacts)
