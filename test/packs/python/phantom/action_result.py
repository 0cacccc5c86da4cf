"""Stand-in for `phantom.action_result`."""
import json


class ActionResult:
    def __init__(self, param):
        self.param, self.status, self.message, self.data, self.summary = param, None, "", [], {}

    def set_status(self, status, message=""):
        self.status, self.message = status, message
        return status

    def add_data(self, row):
        assert isinstance(row, dict)
        self.data.append(json.loads(json.dumps(row)))

    def update_summary(self, summary):
        self.summary.update(summary)

    def shown(self):
        return {
            "status": "success" if self.status else "failed",
            "message": self.message,
            "parameter": self.param,
            "data": self.data,
            "summary": self.summary,
        }
