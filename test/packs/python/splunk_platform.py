"""One action of an app as Splunk SOAR runs it: initialize, handle_action, finalize."""
import requests

from phantom.base_connector import Killed, platform

real = requests.request


def run(module, request):
    platform.begin(request["command"], request.get("args", {}), request["params"], request)
    pace = request.get("pace", 1.0)

    def paced(method, url, **more):
        platform.touch()
        assert 0 < more["timeout"] <= 60 and more["allow_redirects"] is False
        return real(method, url, **{**more, "timeout": more["timeout"] * pace})

    requests.request = paced
    connector, killed = module.RhythmXEdgeConnector(), False
    try:
        if connector.initialize():
            connector.handle_action(platform.param)
            connector.finalize()
    except Killed:
        killed = True
    results = [result.shown() for result in connector._results]
    return {
        "killed": killed,
        "results": results,
        "error": next((one["message"] for one in results if one["status"] == "failed"), None),
        "progress": platform.progress,
        "started": platform.started,
        "containers": platform.containers,
        "calls": platform.calls,
    }
