#!/usr/bin/env python3
"""Prints each new incident of RhythmX Edge once, as a JSON object a line, and goes on where it stopped. See README.md."""
import http.client, json, os, re, ssl, sys, time, urllib.error, urllib.parse, urllib.request

URL, KEY = os.environ.get("RHYTHMX_URL", "").rstrip("/"), os.environ.get("RHYTHMX_KEY", "")
if not URL or not KEY:
    print("poll: RHYTHMX_URL or RHYTHMX_KEY is not set: README.md says what they are", file=sys.stderr)
    sys.exit(2)
if not re.fullmatch(r"https?://([^\s/?#@:[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[^\s?#]*)?", URL) or not re.fullmatch("[!-~]+", KEY):
    print("poll: RHYTHMX_URL must be an address such as https://edge.example.org:8443, RHYTHMX_KEY a key as it was shown", file=sys.stderr)
    sys.exit(2)
STATE = os.environ.get("RHYTHMX_STATE", "rhythmx-state.json")
TLS = ssl.create_default_context(cafile=os.environ.get("RHYTHMX_CA"))  # verifies the certificate, always


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None  # the key goes to the given address alone


OPENER = urllib.request.build_opener(NoRedirects, urllib.request.HTTPSHandler(context=TLS))


def stop(why):
    print(f"poll: {why}", file=sys.stderr)
    sys.exit(1)


def load():
    try:
        with open(STATE, encoding="utf-8") as file:
            return {"cursor": None, "since": "", "seen": [], **json.load(file)}
    except FileNotFoundError:
        return {"cursor": None, "since": "", "seen": []}
    except (OSError, ValueError, TypeError) as error:
        stop(f"{STATE} cannot be read ({error}): mend it, or remove it to begin with the oldest incident")


def save(state):
    with open(STATE + ".new", "w") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(STATE + ".new", STATE)


def page(state):
    where = {"cursor": state["cursor"]} if state["cursor"] else {"since": state["since"]}
    query = urllib.parse.urlencode({"limit": 500, **where})
    request = urllib.request.Request(f"{URL}/api/incidents?{query}", headers={"X-API-Key": KEY})
    with OPENER.open(request, timeout=30) as answer:
        return json.load(answer)


def is_page(answer):
    rows = answer.get("incidents") if isinstance(answer, dict) else None
    names = ("incident_id", "created_at")
    are_rows = isinstance(rows, list) and all(isinstance(row, dict) and all(isinstance(row.get(name), str) for name in names) for row in rows)
    return are_rows and isinstance(answer.get("next_cursor"), str) and isinstance(answer.get("has_more"), bool)


state = load()
while True:
    try:
        answer = page(state)
    except (urllib.error.HTTPError, http.client.HTTPException, OSError, ValueError, RecursionError) as error:
        status = getattr(error, "code", None)
        foreign = isinstance(error, (ValueError, RecursionError))
        print(f"poll: {f'no answer of RhythmX Edge, such as a page of a proxy: {error}' if foreign else error}", file=sys.stderr)
        if status == 410 and state["cursor"]:  # the database was restored, or retention was faster: begin at the last incident
            state["cursor"] = None
        elif status in (400, 401, 403, 404, 410):  # nothing that waiting mends
            sys.exit(1)
        else:
            after = (getattr(error, "headers", None) or {}).get("Retry-After", "")
            time.sleep(int(after) if after.isdecimal() and len(after) < 7 else 5)
        continue
    if not is_page(answer):
        stop(f"what answers at {URL} is not RhythmX Edge: check RHYTHMX_URL, and proxies or portals on the way")
    for incident in answer["incidents"]:
        if incident["incident_id"] not in state["seen"]:
            try:
                print(json.dumps(incident), flush=True)  # or hand it on here; when this raises, the incident comes again
            except OSError as error:
                sys.stdout = None  # so that the end does not try it once more
                stop(f"nobody takes the lines any more: {error}")
        state["seen"] = [*state["seen"], incident["incident_id"]][-2000:]
        state["since"] = incident["created_at"]
    state["cursor"] = answer["next_cursor"]
    try:
        save(state)
    except OSError as error:
        stop(f"{STATE} cannot be written ({error}): these incidents come again")
    if not answer["has_more"]:
        if "--once" in sys.argv:
            break
        time.sleep(60)
