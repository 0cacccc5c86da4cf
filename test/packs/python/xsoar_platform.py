"""One command of an integration as Cortex XSOAR runs it: what it did counts when it has ended well."""
import CommonServerPython
from demistomock import Killed, platform


def run(module, request):
    platform.begin(request["command"], request.get("args", {}), request["params"], request.get("kill_at"))
    CommonServerPython.pace = request.get("pace", 1.0)
    killed = False
    try:
        module.main()
    except SystemExit:
        pass
    except Killed:
        killed = True
    good = not killed and platform.error is None
    if good:
        platform.commit()
    return {
        "killed": killed,
        "error": platform.error,
        "results": platform.results if good else [],
        "incidents": (platform.incidents or []) if good else [],
        "log": platform.log,
        "calls": platform.calls,
        "asked": {"args": sorted(platform.args.asked), "params": sorted(platform.params.asked)},
    }
