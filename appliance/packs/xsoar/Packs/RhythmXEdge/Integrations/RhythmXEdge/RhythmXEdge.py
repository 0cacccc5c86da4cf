import demistomock as demisto  # noqa: F401
from CommonServerPython import *  # noqa: F401

import json
import os
import re
import tempfile
import time
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple
from urllib.parse import quote

""" CONSTANTS """

INCIDENT_TYPE = "RhythmX Incident"
CLOSED = ("CLOSED", "FALSE_POSITIVE")
SEVERITIES = {
    "critical": IncidentSeverity.CRITICAL,
    "high": IncidentSeverity.HIGH,
    "medium": IncidentSeverity.MEDIUM,
    "low": IncidentSeverity.LOW,
}
MIRROR_DIRECTIONS = {"Incoming": "In", "Outgoing": "Out", "Incoming And Outgoing": "Both"}
CLOSE_REASONS = {"CLOSED": "Resolved", "FALSE_POSITIVE": "False Positive"}
# What update-remote-system writes; what the outgoing mapper may name.
WRITABLE = {
    "status": "OPEN, IN_PROGRESS, CLOSED or FALSE_POSITIVE",
    "assigned_analyst": "Who works on it",
}
# Parts of an incident's detail that are long and of no use as incident fields.
LEFT_OUT = ("history", "activity", "told_in")
# The most ids that are remembered: of incidents that were fetched, and of those with a place in their history.
MOST_REMEMBERED = 10000
# The most notes of an incident that are known to be from here, after which an answer was lost.
MOST_MARKS = 50
# The most rows of a page, and the most pages of one command: what is left is fetched by the next one.
LARGEST_PAGE = 500
MOST_PAGES = 40
# What an answer of the appliance has, whatever it says: that of a portal or of another product has not.
MEMBERS = {
    "/api/incidents": ("incidents", "server_time"),
    "/api/cases/search": ("cases",),
    "/api/alerts": ("alerts",),
    "/api/login": ("access_token", "expires_in"),
}
# A Retry-After up to this is waited for within the command, three times at most.
LONGEST_WAIT = 60
# A longer one is kept in the last run: no request before its end. One that is longer than this comes from a clock that was changed.
LONGEST_PAUSE = 3600

""" CLIENT """


class ApiError(Exception):
    """An answer that is an error, or none. `status` is 0 without an answer; `names` are the parameters at fault."""

    def __init__(self, message: str, status: int = 0, retry_after: int = 0, names: Tuple[str, ...] = ()):
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.names = names

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed later without a change of settings."""
        return self.status in (0, 408, 425, 429) or self.status >= 500


class Client(BaseClient):
    """The appliance's API with an API key, or with an access token of a user."""

    def __init__(self, base_url: str, verify: Any, proxy: bool, user: str, secret: str):
        super().__init__(base_url=base_url, verify=verify, proxy=proxy, headers={"Accept": "application/json"})
        self._user = user
        self._secret = secret

    def get(self, path: str, **params: Any) -> Dict[str, Any]:
        return self._call("GET", path, {name: value for name, value in params.items() if value not in (None, "")})

    def patch(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        return self._call("PATCH", path, body=body)

    def post(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        return self._call("POST", path, body=body)

    def _call(self, method: str, path: str, params: Optional[Dict] = None, body: Optional[Dict] = None) -> Dict[str, Any]:
        token, is_renewed = self._kept_token(), False
        for attempt in range(4):
            try:
                token = token or self._login()
                return self._request(method, path, params, body, {"Authorization": f"Bearer {token}"})
            except ApiError as error:
                if error.status == 401 and self._user and token and not is_renewed:
                    # It was revoked before its time. A password that was refused (there is no token then) is not sent again.
                    token, is_renewed = None, True
                elif error.status in (429, 503) and attempt < 3 and error.retry_after <= LONGEST_WAIT:
                    time.sleep(error.retry_after)
                else:
                    raise
        raise ApiError("RhythmX Edge refuses requests: wait, and poll less often", 429, LONGEST_WAIT)

    def _kept_token(self) -> Optional[str]:
        """The API key; of a user the access token, which is kept until it expires."""
        if not self._user:
            return self._secret
        kept = json.loads(get_integration_context().get("login") or "{}")
        is_good = kept.get("user") == self._user and 0 < kept.get("until", 0) - time.time() < LONGEST_PAUSE
        return kept["token"] if is_good else None

    def _login(self) -> str:
        answer = self._request("POST", "/api/login", None, {"username": self._user, "password": self._secret}, {})
        until = time.time() + answer["expires_in"] - 30
        login = json.dumps({"user": self._user, "token": answer["access_token"], "until": until})
        change_context(lambda context: context.update({"login": login}))
        return answer["access_token"]

    def _request(self, method: str, path: str, params: Optional[Dict], body: Optional[Dict], headers: Dict) -> Dict[str, Any]:
        try:
            response = self._http_request(
                method=method,
                url_suffix=path,
                params=params,
                json_data=body,
                headers={**self._headers, **headers},
                timeout=60,
                resp_type="response",
                ok_codes=tuple(range(200, 600)),
                # The key goes to the given address alone.
                allow_redirects=False,
            )
            status, text = response.status_code, response.text
        except Exception as error:  # a dozen classes of requests, urllib3 and CommonServerPython
            raise ApiError(no_answer(error, self._base_url)) from error
        try:
            answer = {} if status == 204 else json.loads(text)
        except ValueError:
            answer = None
        if 200 <= status < 300 and isinstance(answer, dict) and is_ours(method, path, answer):
            return answer
        raise refusal(status, answer if isinstance(answer, dict) and status >= 300 else {}, response.headers)

    def pages(self, params: Dict[str, Any], most: Callable[[], int]) -> Iterator[Dict[str, Any]]:
        """
        Pages of incidents, oldest first, from `params` (cursor, since or updated_since) to the present end. `most` says how many rows
        the next page may have; 0 ends it.
        """
        params = dict(params)
        for _ in range(MOST_PAGES):
            limit = min(most(), LARGEST_PAGE)
            if limit <= 0:
                return
            page = self.get("/api/incidents", limit=limit, **params)
            yield page
            params = {**{key: value for key, value in params.items() if not key.endswith("since")}, "cursor": page["next_cursor"]}
            if not page["has_more"]:
                return


def is_ours(method: str, path: str, answer: Dict[str, Any]) -> bool:
    members = MEMBERS.get(path, ())
    if method == "GET" and path.endswith("/exceptions"):
        members = ("exceptions",) if path == "/api/exceptions" else ("proposals",)
    elif path.startswith("/api/incidents/"):
        members = ("incident_id",)
    elif path.startswith("/api/cases/CASE-"):
        members = ("case_id",)
    return all(answer.get(member) is not None for member in members)


def no_answer(error: Exception, url: str) -> str:
    # What CommonServerPython says of it is no help, and advises against certificates.
    text = str(getattr(error, "exception", None) or error)
    if "SSL" in text.upper() or "CERTIFICATE" in text.upper():
        return (
            f"The certificate of {url} is not trusted, or is for another name: put the appliance's certificate into the parameter "
            '"CA certificate" of the instance and use a name that is in it. '
            f"({text[:300]})"
        )
    return f"No answer from {url}: check the address, the proxy and whether the appliance runs. ({text[:300]})"


def refusal(status: int, answer: Dict[str, Any], headers: Any) -> ApiError:
    detail = str(answer.get("detail") or answer.get("title") or "an answer that was cut off or is none of RhythmX Edge")[:500]
    meaning = {
        401: "RhythmX Edge does not accept the API key or password (401): it was revoked, has expired or is mistyped",
        403: "The API key or user lacks a right (403): keys need the scopes feed:read and, to change anything, incident:write",
        404: "RhythmX Edge knows none of that id, or it belongs to an entity that the key may not see (404)",
        409: "RhythmX Edge refuses the change (409)",
        410: "The position in the log is gone (410)",
        429: "RhythmX Edge asks to wait (429)",
        503: "RhythmX Edge is stopped or not ready (503)",
    }.get(status, f"RhythmX Edge answered {status}" if not 300 <= status < 400 else f"{status}: a redirect, which is not followed")
    wait = str(headers.get("Retry-After") or "")
    retry_after = int(wait) if wait.isdecimal() and len(wait) < 7 else 10
    names = tuple(str(one.get("name")) for one in answer.get("errors") or [] if isinstance(one, dict))
    return ApiError(f"{meaning}: {detail}", status if status >= 400 else 0, retry_after, names)


""" WHAT IS KEPT BETWEEN COMMANDS """


def change_context(change: Callable[[Dict[str, Any]], Any]) -> None:
    """Changes the integration context without overwriting what another command has changed meanwhile."""
    for _ in range(5):
        context, version = get_integration_context_with_version()
        context = dict(context or {})
        change(context)
        try:
            set_integration_context(context, version=version)
            return
        except ValueError:
            continue
    raise ApiError("The integration context was changed by others five times in a row: run the command again")


def places() -> Dict[str, Any]:
    """
    By incident: `seen`, how many entries of its history XSOAR has; `own`, which of the later ones were made from here; `marks`, how notes from here
    begin.
    """
    return json.loads(get_integration_context().get("places") or "{}")


def note_places(changes: Dict[str, Dict[str, Any]]) -> None:
    """`seen` where it is known, else `begins`, where it begins for an incident without a place; `own` and `marks` are added to what is kept."""

    def change(context: Dict[str, Any]) -> None:
        kept = json.loads(context.get("places") or "{}")
        for incident_id, news in changes.items():
            kept[incident_id] = merged_place(kept.pop(incident_id, None), news)
        context["places"] = json.dumps(dict(list(kept.items())[-MOST_REMEMBERED:]))

    if changes:
        change_context(change)


def merged_place(kept: Optional[Dict[str, Any]], news: Dict[str, Any]) -> Dict[str, Any]:
    """Another command may have noted changes of its own since this one has read the history."""
    kept = kept or {"seen": news.get("begins", 0), "own": []}
    seen = news.get("seen", kept["seen"])
    marks = list(dict.fromkeys([*kept.get("marks", []), *news.get("marks", [])]))[-MOST_MARKS:]
    own = [number for number in [*kept.get("own", []), *news.get("own", [])] if number >= seen]
    return {"seen": seen, "own": own, **({"marks": marks} if marks else {})}


def history_of(detail: Dict[str, Any]) -> List[Tuple[int, Dict[str, Any]]]:
    """Entries of an incident's history with their numbers; of a long one the newest 500."""
    first = detail["history_total"] - len(detail["history"])
    return [(first + index, entry) for index, entry in enumerate(detail["history"])]


""" FETCH """


def fetch_incidents(client: Client, params: Dict[str, Any], last_run: Dict[str, str]) -> Tuple[Dict[str, str], List[Dict[str, Any]]]:
    """
    The next incidents by cursor, each once. The last run holds the cursor, the time of the last row (the appliance's, for the case that the
    cursor is lost), the ids that were fetched, and until when the appliance asked to be left alone.
    """
    pause = float(last_run.get("not_before") or 0) - time.time()
    if 0 < pause <= LONGEST_PAUSE:
        demisto.info(f"RhythmX Edge asked to wait: {int(pause) + 1} s are left")
        return last_run, []
    run = {name: value for name, value in last_run.items() if name != "not_before"}
    try:
        try:
            return fetch_from(client, params, run)
        except ApiError as error:
            lost = error.status == 410 or (error.status == 400 and "cursor" in error.names)
            if not lost or not run.get("cursor"):
                raise
            demisto.error(
                f"{error}. The database was restored, retention was faster than this instance, or its filters were changed: fetching "
                f"begins again at {run.get('since') or 'the first fetch time'}; incidents that are here already do not come again."
            )
            run.pop("cursor")
            return fetch_from(client, params, run)
    except ApiError as error:
        if error.status in (429, 503) and error.retry_after > LONGEST_WAIT:
            demisto.info(f"{error}. The next fetch is in {error.retry_after} s")
            return {**last_run, "not_before": str(time.time() + min(error.retry_after, LONGEST_PAUSE))}, []
        raise


def fetch_from(client: Client, params: Dict[str, Any], run: Dict[str, str]) -> Tuple[Dict[str, str], List[Dict[str, Any]]]:
    most = limit_of(params)
    levels = levels_from(params.get("min_level"))
    filters = {
        "status": ",".join(argToList(params.get("status") or "OPEN,IN_PROGRESS")),
        "entity": params.get("entity"),
        "level": ",".join(levels),
    }
    # An incident that rises to the level has changed, but is not new.
    walk = "updated_since" if levels else "since"
    seen = dict.fromkeys(json.loads(run.get("fetched") or "[]"))
    start = {"cursor": run["cursor"]} if run.get("cursor") else {walk: run.get("since") or first_fetch(client, params)}
    rows: List[Dict[str, Any]] = []
    cursor, since = run.get("cursor"), run.get("since") or ""
    for page in client.pages({**filters, **start}, lambda: most - len(rows)):
        for row in page["incidents"]:
            since = row["updated_at" if levels else "created_at"]
            if row["incident_id"] not in seen:
                seen[row["incident_id"]] = None
                rows.append(row)
        cursor = page["next_cursor"]
    incidents, starts = [], {}
    for row in rows:
        detail = detail_of(client, row)
        incidents.append(to_incident(detail, params))
        if "history" in detail:
            starts[row["incident_id"]] = {"seen": detail["history_total"]}
    if mirror_direction(params) in ("In", "Both"):
        note_places(starts)
    fetched = json.dumps(list(seen)[-MOST_REMEMBERED:])
    return {"cursor": cursor or "", "since": since, "fetched": fetched}, incidents


def detail_of(client: Client, row: Dict[str, Any]) -> Dict[str, Any]:
    try:
        return client.get(incident_path(row["incident_id"]))
    except ApiError as error:
        if error.status == 404:  # removed by retention in between
            return row
        raise


def first_fetch(client: Client, params: Dict[str, Any]) -> str:
    """Where the first fetch begins, by the appliance's clock: this machine's may be wrong."""
    text = str(params.get("first_fetch") or "3 days").strip()
    span = re.fullmatch(r"(\d+)\s*(minute|hour|day|week|month)s?(?:\s+ago)?", text.lower())
    if span is None:
        return text
    days = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 30}[span[2]] * int(span[1])
    return (server_time(client) - timedelta(days=days)).isoformat()


def server_time(client: Client) -> datetime:
    now = client.get("/api/incidents", limit=1)["server_time"]
    return datetime.strptime(now[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)


def levels_from(lowest: Any) -> List[str]:
    """The given level and those above it; none of them = all."""
    levels = list(reversed(SEVERITIES))
    return levels[levels.index(str(lowest)):] if lowest in levels[1:] else []


def limit_of(params: Dict[str, Any]) -> int:
    return max(1, min(arg_to_number(params.get("max_fetch")) or 50, 200))


def mirror_direction(params: Dict[str, Any]) -> Optional[str]:
    return MIRROR_DIRECTIONS.get(str(params.get("mirror_direction")))


def mirrored(detail: Dict[str, Any], params: Dict[str, Any]) -> Dict[str, Any]:
    """What the incoming mapper reads, at a fetch and at every mirroring."""
    kept = {name: value for name, value in detail.items() if name not in LEFT_OUT}
    base = str(params.get("url")).rstrip("/")
    link = f"{base}/incidents/{quote(detail['incident_id'], safe='')}"
    return {**kept, "link": link, "severity": severity_of(detail)}


def severity_of(detail: Dict[str, Any]) -> float:
    return SEVERITIES.get(detail["risk_level"], IncidentSeverity.UNKNOWN)


def to_incident(detail: Dict[str, Any], params: Dict[str, Any]) -> Dict[str, Any]:
    raw = {
        **mirrored(detail, params),
        "mirror_id": detail["incident_id"],
        "mirror_direction": mirror_direction(params),
        "mirror_instance": demisto.integrationInstance(),
        "mirror_tags": argToList(params.get("mirror_tags")),
    }
    what = detail.get("headline") or f"{detail['group_key']} ({detail['actor_type']})"
    return {
        "name": f"RhythmX: {what}",
        "occurred": detail["created_at"],
        "severity": severity_of(detail),
        "dbotMirrorId": detail["incident_id"],
        "rawJSON": json.dumps(raw),
    }


""" MIRRORING """


def get_modified_remote_data(client: Client) -> Tuple[Dict[str, str], List[str]]:
    """Ids of what has changed, by a cursor of its own: no time of this machine, and none that the platform gives, has a part in it."""
    run = get_last_mirror_run() or {}
    try:
        return changed_since(client, run)
    except ApiError as error:
        if error.status != 410 or not run.get("cursor"):
            raise
        demisto.error(f"{error}. The database was restored, or retention was faster: mirroring goes on with what changed since {run['at']}")
        return changed_since(client, {"at": run["at"]})


def changed_since(client: Client, run: Dict[str, str]) -> Tuple[Dict[str, str], List[str]]:
    if run.get("cursor"):
        start = {"cursor": run["cursor"]}
    else:
        start = {"updated_since": run.get("at") or (server_time(client) - timedelta(days=1)).isoformat()}
    ids: Dict[str, None] = {}
    after = dict(run)
    for page in client.pages(start, lambda: LARGEST_PAGE):
        ids.update(dict.fromkeys(row["incident_id"] for row in page["incidents"]))
        after = {"cursor": page["next_cursor"], "at": page["server_time"]}
    return after, list(ids)


def get_remote_data(client: Client, args: Dict[str, Any], params: Dict[str, Any]) -> Tuple[Any, Dict[str, Any]]:
    """The incident as it is now, its new notes, and whether it was closed or opened again. The second value is its new place."""
    incident_id = GetRemoteDataArgs(args).remote_incident_id
    try:
        detail = client.get(incident_path(incident_id))
    except ApiError as error:
        if error.status != 404:
            raise
        demisto.info(f"{incident_id} is no longer in RhythmX Edge: retention has removed it")
        # The platform takes no empty object.
        return GetRemoteDataResponse({"incident_id": incident_id}, []), {}
    place = places().get(incident_id)
    seen = detail["history_total"] if place is None else place["seen"]
    own = [] if place is None else place.get("own", [])
    news = [entry for number, entry in history_of(detail) if number >= seen and number not in own]
    marks = tuple([] if place is None else place.get("marks", []))
    notes = [entry for entry in news if entry["field"] == "investigation_notes" and entry["new"]]
    entries = [note_entry(entry) for entry in notes if not entry["new"].startswith(marks)]
    moves = [entry for entry in news if entry["action"] != "CREATED" and entry["field"] == "status"]
    if detail["status"] in CLOSED:
        if argToBoolean(params.get("close_incident", True)) and (place is None or moves):
            entries.append(command_entry({
                "dbotIncidentClose": True,
                "closeReason": CLOSE_REASONS[detail["status"]],
                "closeNotes": detail.get("resolution_notes") or f"{detail['status']} in RhythmX Edge",
            }))
    elif any(entry["old"] in CLOSED for entry in moves):
        entries.append(command_entry({"dbotIncidentReopen": True}))
    return GetRemoteDataResponse(mirrored(detail, params), entries), {incident_id: {"seen": detail["history_total"]}}


def note_entry(entry: Dict[str, Any]) -> Dict[str, Any]:
    text = f"{entry['who']}, RhythmX Edge, {entry['at']}:\n{entry['new']}"
    return {"Type": EntryType.NOTE, "Contents": text, "ContentsFormat": EntryFormat.TEXT, "Note": True}


def command_entry(contents: Dict[str, Any]) -> Dict[str, Any]:
    return {"Type": EntryType.NOTE, "Contents": contents, "ContentsFormat": EntryFormat.JSON}


def update_remote_system(client: Client, args: Dict[str, Any], params: Dict[str, Any]) -> str:
    """
    Brings the appliance to where the incident is here. What is so already is not sent, so that a change that came from there does not go back;
    which entries of the history come of it is kept, so that they do not come back either.
    """
    update = UpdateRemoteSystemArgs(args)
    incident_id = update.remote_incident_id
    before = client.get(incident_path(incident_id))
    delta, data = update.delta or {}, update.data or {}
    sent: List[Tuple[str, Optional[str]]] = []
    notes = [note for note in map(outgoing_note, update.entries or []) if note]
    if notes and mirror_direction(params) == "Both":
        # Before they are sent: the answer may be lost, and this command killed.
        marks = [note.split("\n", 1)[0] for note in notes]
        note_places({incident_id: {"marks": marks, "begins": before["history_total"]}})
    for note in notes:
        if not any(tells(found, note) for _, found in history_of(before)):
            client.patch(incident_path(incident_id), {"notes": note})
    if update.incident_changed:
        owner = delta.get("assigned_analyst")
        if owner is not None and str(owner).strip() != (before["assigned_analyst"] or ""):
            client.patch(incident_path(incident_id), {"assigned_analyst": str(owner)})
            sent.append(("assigned_analyst", str(owner).strip() or None))
        target, notes = outgoing_status(update.inc_status, delta, data, params)
        if target and target != before["status"] and not (target in CLOSED and before["status"] in CLOSED):
            body = {"status": target, "notes": notes} if notes else {"status": target}
            client.patch(f"{incident_path(incident_id)}/status", body)
            sent.append(("status", target))
            sent.append(("resolution_notes", notes))
    if sent and mirror_direction(params) == "Both":
        remember_own(client, before, sent)
    return incident_id


def outgoing_status(inc_status: Any, delta: Dict, data: Dict, params: Dict) -> Tuple[Optional[str], Optional[str]]:
    if inc_status == IncidentStatus.DONE:
        if not argToBoolean(params.get("close_out", True)):
            return None, None
        reason = str(delta.get("closeReason") or data.get("closeReason") or "")
        notes = str(delta.get("closeNotes") or data.get("closeNotes") or "").strip()
        status = "FALSE_POSITIVE" if reason.lower().replace("_", " ") == "false positive" else "CLOSED"
        return status, ": ".join(part for part in (f"Closed in Cortex XSOAR as {reason or 'Resolved'}", notes) if part)
    status = str(delta.get("status") or "").upper()
    return (status or None), None


def outgoing_note(entry: Dict[str, Any]) -> Optional[str]:
    """
    With the entry's id, by which it is known when an answer was lost and the platform sends it again; in front, because of a long text the
    history has the beginning.
    """
    contents = entry.get("contents")
    if entry.get("type") not in (None, EntryType.NOTE) or not isinstance(contents, str) or not contents.strip():
        return None
    return f"{entry.get('user') or 'DBot'}, Cortex XSOAR, entry {entry.get('id') or '?'}:\n{contents.strip()}"


def tells(entry: Dict[str, Any], text: Optional[str]) -> bool:
    """Whether an entry of the history is about this new value."""
    if entry.get("shortened") and text and entry["new"]:
        return text.startswith(entry["new"].rstrip("…"))
    return entry["new"] == text


def remember_own(client: Client, before: Dict[str, Any], sent: List[Tuple[str, Optional[str]]]) -> None:
    incident_id = before["incident_id"]
    after = client.get(incident_path(incident_id))
    own = [
        number
        for number, entry in history_of(after)
        if number >= before["history_total"] and any(entry["field"] == field and tells(entry, text) for field, text in sent)
    ]
    note_places({incident_id: {"own": own, "begins": before["history_total"]}})


def get_mapping_fields() -> Any:
    scheme = SchemeTypeMapping(type_name=INCIDENT_TYPE)
    for name, description in WRITABLE.items():
        scheme.add_field(name=name, description=description)
    return GetMappingFieldsResponse(scheme)


""" COMMANDS """


def incident_path(incident_id: Any) -> str:
    return f"/api/incidents/{quote(str(incident_id), safe='')}"


def command_limit(args: Dict[str, Any]) -> int:
    limit = arg_to_number(args.get("limit")) or 50
    if not 1 <= limit <= LARGEST_PAGE:
        raise ApiError(f"limit: 1 to {LARGEST_PAGE}", 400)
    return limit


def as_text(value: Any) -> Any:
    """
    A value as text in Markdown. Others chose the names of hosts, users and rules: no picture is fetched for them, and no link made. tableToMarkdown
    takes care of | and ` itself.
    """
    if isinstance(value, dict):
        return {name: as_text(one) for name, one in value.items()}
    if isinstance(value, list):
        return [as_text(one) for one in value]
    return re.sub(r"([\\\[\]<>!*_~])", r"\\\1", value) if isinstance(value, str) else value


def results(prefix: str, key: Any, title: str, rows: Any, headers: List[str]) -> Any:
    shown = [{name: as_text(row.get(name)) for name in headers} for row in (rows if isinstance(rows, list) else [rows])]
    return CommandResults(
        outputs_prefix=f"RhythmX.{prefix}",
        outputs_key_field=key,
        outputs=rows,
        readable_output=tableToMarkdown(as_text(title), shown, headers=headers, removeNull=True, headerTransform=string_to_table_header),
        raw_response=rows,
    )


INCIDENT_COLUMNS = ["incident_id", "headline", "status", "risk_score", "risk_level", "group_key", "entity_name", "assigned_analyst"]
CASE_COLUMNS = ["case_id", "case_type", "status", "severity", "alert_count", "risk_score", "primary_user", "entity_name"]
ALERT_COLUMNS = ["hash", "rule_title", "level", "user", "host", "src_ip", "count", "first_seen", "last_seen"]
EXCEPTION_COLUMNS = ["id", "entity_name", "rule", "actor", "host", "until", "reason", "hits"]


def incident_list(client: Client, args: Dict[str, Any]) -> Any:
    names = ("status", "entity", "actor", "min_risk", "level", "owner", "campaign", "text")
    page = client.get("/api/incidents", limit=command_limit(args), **{name: args.get(name) for name in names})
    return results("Incident", "incident_id", "RhythmX incidents", page["incidents"], INCIDENT_COLUMNS)


def incident_get(client: Client, args: Dict[str, Any]) -> Any:
    detail = client.get(incident_path(args.get("incident_id")))
    return results("Incident", "incident_id", "RhythmX incident", detail, INCIDENT_COLUMNS)


def incident_status_update(client: Client, args: Dict[str, Any]) -> Any:
    body = {"status": args.get("status"), "notes": args.get("notes")}
    row = client.patch(f"{incident_path(args.get('incident_id'))}/status", {k: v for k, v in body.items() if v})
    return results("Incident", "incident_id", f"{row['incident_id']} is {row['status']}", row, INCIDENT_COLUMNS)


def incident_note_add(client: Client, args: Dict[str, Any]) -> Any:
    row = client.patch(incident_path(args.get("incident_id")), {"notes": args.get("note")})
    return results("Incident", "incident_id", f"Note added to {row['incident_id']}", row, INCIDENT_COLUMNS)


def incident_owner_set(client: Client, args: Dict[str, Any]) -> Any:
    row = client.patch(incident_path(args.get("incident_id")), {"assigned_analyst": args.get("owner") or None})
    title = f"{row['incident_id']} is assigned to {row['assigned_analyst'] or 'nobody'}"
    return results("Incident", "incident_id", title, row, INCIDENT_COLUMNS)


def case_list(client: Client, args: Dict[str, Any]) -> Any:
    names = ("incident_id", "entity", "status", "case_type", "severity", "primary_user")
    page = client.get("/api/cases/search", limit=command_limit(args), **{name: args.get(name) for name in names})
    return results("Case", "case_id", "RhythmX threat cases", page["cases"], CASE_COLUMNS)


def case_get(client: Client, args: Dict[str, Any]) -> Any:
    detail = client.get(f"/api/cases/{quote(str(args.get('case_id')), safe='')}")
    return results("Case", "case_id", "RhythmX threat case", detail, CASE_COLUMNS)


def case_status_update(client: Client, args: Dict[str, Any]) -> Any:
    body = {"status": args.get("status"), "notes": args.get("notes")}
    path = f"/api/cases/{quote(str(args.get('case_id')), safe='')}/status"
    row = client.patch(path, {k: v for k, v in body.items() if v})
    return results("Case", "case_id", f"{row['case_id']} is {row['status']}", row, CASE_COLUMNS)


def alert_list(client: Client, args: Dict[str, Any]) -> Any:
    filters = {name: args.get(name) for name in ("entity", "rule", "host", "user", "level", "min_risk", "text")}
    if args.get("incident_id"):
        incident = client.get(incident_path(args["incident_id"]))
        actor = {"user": "user", "host": "host"}.get(incident["actor_type"], "text")
        filters.update({"entity": incident["entity_name"], actor: incident["group_key"]})
    page = client.get("/api/alerts", limit=command_limit(args), **filters)
    return results("Alert", "hash", "RhythmX alerts", page["alerts"], ALERT_COLUMNS)


def alert_get(client: Client, args: Dict[str, Any]) -> Any:
    detail = client.get(f"/api/alerts/{quote(str(args.get('hash')), safe='')}")
    return results("Alert", "hash", "RhythmX alert", detail, ALERT_COLUMNS)


def exception_list(client: Client, args: Dict[str, Any]) -> Any:
    rows = client.get("/api/exceptions")["exceptions"]
    return results("Exception", "id", "RhythmX exceptions", rows, EXCEPTION_COLUMNS)


def exception_proposal_list(client: Client, args: Dict[str, Any]) -> Any:
    path = f"{incident_path(args['incident_id'])}/exceptions" if args.get("incident_id") else "/api/exceptions/proposals"
    rows = [{"incident_id": args.get("incident_id"), **row} for row in client.get(path)["proposals"]]
    columns = ["incident_id", "rule_title", "detections", "why", "covered_by", "exception"]
    return results("ExceptionProposal", ["incident_id", "rule_title"], "Proposed exceptions", rows, columns)


EXCEPTION_FIELDS = ("entity", "rule", "actor", "host", "process", "command_line", "hash", "until", "reason")


def exception_create(client: Client, args: Dict[str, Any]) -> Any:
    row = client.post("/api/exceptions", {name: args[name] for name in EXCEPTION_FIELDS if args.get(name)})
    return results("Exception", "id", f"Exception {row['id']} is in force", row, EXCEPTION_COLUMNS)


def exception_end(client: Client, args: Dict[str, Any]) -> Any:
    row = client.patch(f"/api/exceptions/{quote(str(args.get('id')), safe='')}", {"end": True})
    return results("Exception", "id", f"Exception {row['id']} holds no longer", row, EXCEPTION_COLUMNS)


COMMANDS: Dict[str, Callable[[Client, Dict[str, Any]], Any]] = {
    "rhythmx-incident-list": incident_list,
    "rhythmx-incident-get": incident_get,
    "rhythmx-incident-status-update": incident_status_update,
    "rhythmx-incident-note-add": incident_note_add,
    "rhythmx-incident-owner-set": incident_owner_set,
    "rhythmx-case-list": case_list,
    "rhythmx-case-get": case_get,
    "rhythmx-case-status-update": case_status_update,
    "rhythmx-alert-list": alert_list,
    "rhythmx-alert-get": alert_get,
    "rhythmx-exception-list": exception_list,
    "rhythmx-exception-proposal-list": exception_proposal_list,
    "rhythmx-exception-create": exception_create,
    "rhythmx-exception-end": exception_end,
}


def test_module(client: Client, params: Dict[str, Any]) -> str:
    """'ok', or what has to be mended. Changes nothing."""
    client.get("/api/incidents", limit=1)
    if params.get("isFetch"):
        limit_of(params)
        client.get("/api/incidents", limit=1, since=first_fetch(client, params))
    if mirror_direction(params) in ("Out", "Both"):
        try:
            # There is no such incident: 404 says that the key may change incidents.
            client.patch("/api/incidents/INC-00000000", {})
        except ApiError as error:
            if error.status != 404:
                raise
    return "ok"


""" MAIN """


def trusted(params: Dict[str, Any]) -> Tuple[Any, Optional[str]]:
    """What certificates are checked against, and the file that has to be removed afterwards. They are checked unless `insecure` is set."""
    certificate = str(params.get("ca_certificate") or "").strip()
    if params.get("insecure"):
        return False, None
    if not certificate:
        return True, None
    file = tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False)
    with file:
        file.write(certificate + "\n")
    return file.name, file.name


def run(client: Client, command: str, args: Dict[str, Any], params: Dict[str, Any]) -> None:
    if command == "test-module":
        return_results(test_module(client, params))
    elif command == "fetch-incidents":
        next_run, incidents = fetch_incidents(client, params, demisto.getLastRun() or {})
        demisto.incidents(incidents)
        demisto.setLastRun(next_run)
    elif command == "get-modified-remote-data":
        next_mirror_run, ids = get_modified_remote_data(client)
        return_results(GetModifiedRemoteDataResponse(ids))
        set_last_mirror_run(next_mirror_run)
    elif command == "get-remote-data":
        response, place = get_remote_data(client, args, params)
        return_results(response)
        note_places(place)
    elif command == "update-remote-system":
        return_results(update_remote_system(client, args, params))
    elif command == "get-mapping-fields":
        return_results(get_mapping_fields())
    elif command in COMMANDS:
        return_results(COMMANDS[command](client, args))
    else:
        raise NotImplementedError(f"RhythmX Edge has no command {command}")


def main() -> None:
    params, args, command = demisto.params(), demisto.args(), demisto.command()
    credentials = params.get("credentials") or {}
    verify, file = trusted(params)
    try:
        client = Client(
            base_url=str(params.get("url")).rstrip("/"),
            verify=verify,
            proxy=argToBoolean(params.get("proxy") or False),
            user=str(credentials.get("identifier") or "").strip(),
            secret=str(credentials.get("password") or "").strip(),
        )
        run(client, command, args, params)
    except Exception as error:
        # These words tell the platform to try again what failed: without them the change would be lost.
        words = {"get-modified-remote-data": "skip update: ", "get-remote-data": "API rate limit: "}.get(command, "")
        return_error(f"{words}{error}", error=error)
    finally:
        if file is not None:
            os.remove(file)


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
