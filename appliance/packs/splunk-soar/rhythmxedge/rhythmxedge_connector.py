# Copyright RhythmX Edge
# SPDX-License-Identifier: Apache-2.0
"""RhythmX Edge for Splunk SOAR: takes incidents as containers, and gives status, owner and notes back."""

import hashlib
import json
import re
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import requests

import phantom.app as phantom
from phantom.action_result import ActionResult
from phantom.base_connector import BaseConnector

import rhythmxedge_consts as consts


class ApiError(Exception):
    """An answer that is an error, or none. `status` is 0 without an answer; `names` are the parameters at fault."""

    def __init__(self, message, status=0, retry_after=0, names=()):
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.names = names


class NotSaved(Exception):
    """Splunk SOAR has not taken a container or its artifacts."""


def value_at(value, path):
    """By a path of INCIDENT_FIELDS; None where it is not there."""
    if path == "" or value is None:
        return value
    first, _, rest = path.partition(".")
    name = first[:-2] if first.endswith("[]") else first
    found = value.get(name) if isinstance(value, dict) else None
    if first.endswith("[]"):
        return [value_at(one, rest) for one in found or []]
    return value_at(found, rest)


def is_ours(path, answer):
    """What a portal or another product says has not the members that the appliance's answer has, whatever it says."""
    members = consts.MEMBERS.get(path, ())
    if path.startswith("/api/incidents/"):
        members = ("proposals",) if path.endswith("/exceptions") else ("incident_id",)
    return all(answer.get(member) is not None for member in members)


class RhythmXEdgeConnector(BaseConnector):
    def __init__(self):
        super().__init__()
        self._state = {}

    def initialize(self):
        state = self.load_state()
        self._state = state if isinstance(state, dict) else {}
        config = self.get_config()
        self._base_url = str(config["base_url"]).strip().rstrip("/")
        self._key = str(config["api_key"]).strip()
        # Verified unless somebody has switched it off; against the given file where there is one.
        verified = config.get("verify_server_cert", True)
        self._verify = (config.get("ca_file") or True) if verified else False
        return phantom.APP_SUCCESS

    def finalize(self):
        # The state belongs to polling, which saves it itself: an action that runs meanwhile would set it back.
        return phantom.APP_SUCCESS

    # The API

    def _get(self, path, **params):
        return self._call("GET", path, params={name: value for name, value in params.items() if value not in (None, "")})

    def _patch(self, path, body):
        return self._call("PATCH", path, body=body)

    def _call(self, method, path, params=None, body=None):
        for attempt in range(4):
            try:
                return self._request(method, path, params, body)
            except ApiError as error:
                if error.status not in (429, 503) or attempt == 3 or error.retry_after > consts.LONGEST_WAIT:
                    raise
                self.save_progress(f"RhythmX Edge asks to wait {error.retry_after} s")
                time.sleep(error.retry_after)

    def _request(self, method, path, params, body):
        try:
            response = requests.request(
                method,
                self._base_url + path,
                params=params,
                json=body,
                headers={"Authorization": f"Bearer {self._key}", "Accept": "application/json"},
                verify=self._verify,
                timeout=consts.TIMEOUT,
                # The key goes to the given address alone.
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise ApiError(
                f"The certificate of {self._base_url} is not trusted, or is for another name: import it into Splunk SOAR's certificate store or "
                f"name its file in the asset, and use a name that is in it. ({str(error)[:300]})"
            )
        except requests.exceptions.RequestException as error:
            raise ApiError(f"No answer from {self._base_url}: check the address, the proxy and whether the appliance runs. ({str(error)[:300]})")
        try:
            answer = response.json()
        except ValueError:
            answer = None
        status = response.status_code
        if 200 <= status < 300 and isinstance(answer, dict) and is_ours(path, answer):
            return answer
        raise self._refusal(status, answer if isinstance(answer, dict) and status >= 300 else {}, response.headers)

    def _refusal(self, status, answer, headers):
        meaning = {
            401: "RhythmX Edge does not accept the API key (401): it was revoked, has expired or is mistyped",
            403: "The API key lacks a right (403): it needs the scopes feed:read and, to change anything, incident:write",
            404: "RhythmX Edge knows none of that id, or it belongs to an entity that the key may not see (404)",
            409: "RhythmX Edge refuses the change (409)",
            410: "The position in the log is gone (410)",
            429: "RhythmX Edge asks to wait (429)",
            503: "RhythmX Edge is stopped or not ready (503)",
        }.get(status, f"{status}: a redirect, which is not followed" if 300 <= status < 400 else f"RhythmX Edge answered {status}")
        detail = str(answer.get("detail") or answer.get("title") or "an answer that was cut off or is none of RhythmX Edge")[:500]
        wait = str(headers.get("Retry-After") or "")
        names = tuple(str(one.get("name")) for one in answer.get("errors") or [] if isinstance(one, dict))
        return ApiError(f"{meaning}: {detail}", status if status >= 400 else 0, int(wait) if wait.isdecimal() and len(wait) < 7 else 10, names)

    def _incident_path(self, incident_id):
        return f"/api/incidents/{quote(str(incident_id), safe='')}"

    def _incident(self, incident_id):
        detail = self._get(self._incident_path(incident_id))
        detail["link"] = f"{self._base_url}/incidents/{quote(detail['incident_id'], safe='')}"
        return detail

    # Polling

    def _handle_on_poll(self, param):
        action_result = self.add_action_result(ActionResult(dict(param)))
        try:
            taken = self._poll_now(param) if self.is_poll_now() else self._poll()
        except (ApiError, NotSaved) as error:
            return action_result.set_status(phantom.APP_ERROR, str(error))
        return action_result.set_status(phantom.APP_SUCCESS, f"Incidents taken: {taken}")

    def _poll_now(self, param):
        """The newest incidents, or those that are named, as they are: the place of the scheduled polling stays."""
        named = [one.strip() for one in str(param.get("container_id") or "").split(",") if one.strip()]
        most = self._whole(param.get("container_count"), 1, "container_count")
        artifacts = self._whole(param.get("artifact_count"), 10, "artifact_count")
        if not named:
            rows = self._get("/api/incidents", limit=min(most, consts.LARGEST_PAGE), **self._filters())["incidents"]
            named = [row["incident_id"] for row in rows]
        for incident_id in named[:most]:
            self._take(self._incident(incident_id), artifacts)
        return len(named[:most])

    def _poll(self):
        pause = float(self._state.get("not_before") or 0) - time.time()
        if 0 < pause <= consts.LONGEST_PAUSE:
            self.save_progress(f"RhythmX Edge asked to wait: {int(pause) + 1} s are left")
            return 0
        self._state.pop("not_before", None)
        try:
            try:
                return self._poll_from()
            except ApiError as error:
                lost = error.status == 410 or (error.status == 400 and "cursor" in error.names)
                if not lost or not self._state.get("cursor"):
                    raise
                self.save_progress(
                    f"{error}. The database was restored, retention was faster than this asset, or its filters were changed: polling begins again "
                    f"at {self._state.get('since') or 'the first time'}; incidents that were taken do not come again."
                )
                self._state.pop("cursor")
                return self._poll_from()
        except ApiError as error:
            if error.status not in (429, 503) or error.retry_after <= consts.LONGEST_WAIT:
                raise
            self._state["not_before"] = time.time() + min(error.retry_after, consts.LONGEST_PAUSE)
            self.save_state(self._state)
            self.save_progress(f"{error}. The next polling is in {error.retry_after} s")
            return 0

    def _poll_from(self):
        """
        By a cursor. It moves on when a page has been saved; what was saved of a page is remembered, so that after an incident that could not be
        saved the next polling begins with that one.
        """
        config = self.get_config()
        most = self._whole(config.get("max_incidents"), consts.DEFAULT_MOST, "max_incidents", consts.MOST_AT_ONCE)
        follows = bool(config.get("follow_changes"))
        by_change = follows or bool(self._levels())
        # Changes of an incident that was taken count whatever its status and level are by now.
        filters = {"entity": config.get("entity")} if follows else self._filters()
        taken = 0
        read = 0
        while read < most:
            if self._state.get("cursor"):
                place = {"cursor": self._state["cursor"]}
            else:
                place = {"updated_since" if by_change else "since": self._state.get("since") or self._first_time()}
            page = self._get("/api/incidents", limit=min(most - read, consts.LARGEST_PAGE), **filters, **place)
            done = dict.fromkeys(self._state.get("done") or [])
            since = self._state.get("since")
            try:
                for row in page["incidents"]:
                    incident_id = row["incident_id"]
                    is_known = incident_id in done
                    if (is_known or self._is_wanted(row)) if follows else not is_known:
                        self._take(self._incident(incident_id))
                        taken += not is_known
                        done.pop(incident_id, None)
                        done[incident_id] = None
                    since = row["updated_at" if by_change else "created_at"]
                self._state["cursor"] = page["next_cursor"]
                self._state["since"] = since
            finally:
                self._state["done"] = list(done)[-consts.MOST_REMEMBERED :]
                self.save_state(self._state)
            read += len(page["incidents"])
            if not page["has_more"]:
                break
        return taken

    def _is_wanted(self, row):
        levels = self._levels()
        return row["status"] in self._statuses() and (not levels or row["risk_level"] in levels)

    def _statuses(self):
        chosen = [one.strip().upper() for one in str(self.get_config().get("statuses") or "OPEN,IN_PROGRESS").split(",") if one.strip()]
        unknown = [one for one in chosen if one not in consts.STATUSES]
        if unknown:
            raise ApiError(f"statuses: {', '.join(unknown)} is none of {', '.join(consts.STATUSES)}")
        return chosen

    def _levels(self):
        """The lowest level of the asset and those above it; none = all."""
        lowest = self.get_config().get("min_level")
        return list(consts.LEVELS[consts.LEVELS.index(lowest) :]) if lowest in consts.LEVELS[1:] else []

    def _filters(self):
        return {"status": ",".join(self._statuses()), "level": ",".join(self._levels()), "entity": self.get_config().get("entity")}

    def _first_time(self):
        """Where polling begins, by the appliance's clock: this machine's may be wrong."""
        text = str(self.get_config().get("first_fetch") or "3 days").strip()
        span = re.fullmatch(r"(\d+)\s*(minute|hour|day|week)s?", text.lower())
        if span is None:
            return text
        now = self._get("/api/incidents", limit=1)["server_time"]
        at = datetime.strptime(now[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        return (at - timedelta(**{f"{span.group(2)}s": int(span.group(1))})).isoformat()

    def _whole(self, value, default, name, highest=None):
        try:
            number = default if value in (None, "") else int(value)
        except (TypeError, ValueError):
            number = 0
        if number < 1 or (highest is not None and number > highest):
            raise ApiError(f"{name}: a whole number from 1" + (f" to {highest}" if highest else ""))
        return number

    # Containers and artifacts

    def _take(self, detail, most_artifacts=None):
        """
        A container with its artifacts. Both are known by their identifiers, so that what was saved already is not saved twice. Playbooks start on
        the last artifact, the incident itself: its identifier holds those of the others, so it is new whenever one of them is.
        """
        incident_id = detail["incident_id"]
        container = {
            "name": f"RhythmX: {detail.get('headline') or detail['group_key']}",
            "description": f"{detail['risk_level']} risk ({detail['risk_score']}) of {detail['actor_type']} {detail['group_key']}, {detail['entity_name']}",
            "source_data_identifier": incident_id,
            "severity": consts.SEVERITIES.get(detail["risk_level"], "medium"),
            "start_time": detail["created_at"],
            "data": {name: value for name, value in detail.items() if name not in ("history", "activity", "told_in")},
        }
        status, message, container_id = self.save_container(container)
        if phantom.is_fail(status):
            raise NotSaved(f"{incident_id} was not saved: {message}. The next polling begins with it")
        artifacts = self._artifacts(detail, most_artifacts)
        for artifact in artifacts:
            artifact.update({"container_id": container_id, "run_automation": artifact is artifacts[-1]})
        status, message, _ = self.save_artifacts(artifacts)
        if phantom.is_fail(status):
            raise NotSaved(f"Artifacts of {incident_id} were not saved: {message}. The next polling begins with it")

    def _artifacts(self, detail, most=None):
        incident_id = detail["incident_id"]
        severity = consts.SEVERITIES.get(detail["risk_level"], "medium")
        artifacts = [
            *(self._rule_artifact(incident_id, rule) for rule in detail["alerts_by_rule"]),
            *(self._case_artifact(incident_id, case) for case in detail["cases"]),
            *self._status_artifacts(detail),
        ]
        if most is not None:
            artifacts = artifacts[: most - 1]
        parts = hashlib.sha256(json.dumps([one["source_data_identifier"] for one in artifacts]).encode()).hexdigest()[:16]
        cef = {name: value_at(detail, path) for name, path in consts.INCIDENT_FIELDS}
        cef = {name: value for name, value in cef.items() if value not in (None, [])}
        artifacts.append(self._artifact("incident", detail.get("headline") or incident_id, f"{incident_id}:{parts}", severity, cef, consts.INCIDENT_TYPES))
        return artifacts

    def _artifact(self, label, name, identifier, severity, cef, types):
        cef = {key: value for key, value in cef.items() if value is not None}
        return {
            "label": label,
            "name": name,
            "source_data_identifier": identifier,
            "severity": severity,
            "cef": cef,
            "cef_types": {key: value for key, value in types.items() if key in cef},
        }

    def _rule_artifact(self, incident_id, rule):
        example = rule.get("example") or {}
        cef = {
            "incidentId": incident_id,
            "ruleId": rule["rule"],
            "ruleTitle": rule["rule_title"],
            "level": rule["level"],
            "count": rule["count"],
            "hosts": rule["hosts"],
            "tactics": rule["tactics"],
            "techniques": rule["techniques"],
            "firstSeen": rule["first_seen"],
            "lastSeen": rule["last_seen"],
            "alertHash": example.get("alert_hash"),
            "sourceUserName": example.get("user"),
            "deviceHostname": example.get("host"),
            "sourceAddress": example.get("src_ip"),
        }
        severity = consts.SEVERITIES.get(rule["level"], "low")
        return self._artifact("rule", rule["rule_title"], f"{incident_id}:rule:{rule['rule']}", severity, cef, consts.RULE_TYPES)

    def _case_artifact(self, incident_id, case):
        cef = {
            "incidentId": incident_id,
            "caseId": case["case_id"],
            "caseType": case["case_type"],
            "severity": case["severity"],
            "alertCount": case["alert_count"],
            "hosts": case.get("affected_computers"),
        }
        severity = consts.SEVERITIES.get(str(case["severity"]).lower(), "medium")
        return self._artifact("case", case["case_type"], f"{incident_id}:case:{case['case_id']}", severity, cef, consts.CASE_TYPES)

    def _status_artifacts(self, detail):
        """Changes of the status by others: what `update status` did has a note of its own beside it, and does not come back."""
        if not self.get_config().get("follow_changes"):
            return
        history = detail["history"]
        own = {(one["at"], one["who"]) for one in history if str(one["field"]).endswith("_notes") and str(one["new"]).startswith(consts.OWN)}
        for entry in history:
            if entry["field"] != "status" or (entry["at"], entry["who"]) in own:
                continue
            cef = {
                "incidentId": detail["incident_id"],
                "status": entry["new"],
                "previousStatus": entry["old"],
                "who": entry["who"],
                "at": entry["at"],
            }
            identifier = f"{detail['incident_id']}:status:{entry['at']}:{entry['new']}"
            yield self._artifact("status", f"Status {entry['new']}", identifier, "low", cef, consts.STATUS_TYPES)

    # Actions

    def _handle_test_connectivity(self, param):
        action_result = self.add_action_result(ActionResult(dict(param)))
        self.save_progress(f"Connecting to {self._base_url}")
        try:
            self._statuses()
            self._get("/api/incidents", limit=1)
            # There is no such incident: 404 says that the key may change incidents.
            self._patch("/api/incidents/INC-00000000", {})
        except ApiError as error:
            if error.status == 403:
                self.save_progress("The key may read, but not change: update status, set owner and add note will be refused")
            elif error.status != 404:
                self.save_progress(str(error))
                self.save_progress("Test Connectivity Failed")
                return action_result.set_status(phantom.APP_ERROR, str(error))
        self.save_progress("Test Connectivity Passed")
        return action_result.set_status(phantom.APP_SUCCESS)

    def _answer(self, param, work):
        """Runs `work`, which returns rows and a sentence."""
        action_result = self.add_action_result(ActionResult(dict(param)))
        try:
            rows, sentence = work()
        except ApiError as error:
            return action_result.set_status(phantom.APP_ERROR, str(error))
        for row in rows:
            action_result.add_data(row)
        action_result.update_summary({"count": len(rows)})
        return action_result.set_status(phantom.APP_SUCCESS, sentence)

    def _handle_get_incident(self, param):
        return self._answer(param, lambda: ([self._incident(param["incident_id"])], "Incident read"))

    def _handle_update_status(self, param):
        def work():
            notes = str(param.get("notes") or "").strip()
            body = {"status": param["status"], "notes": f"{consts.OWN}: {notes or 'status set to ' + param['status']}"}
            before = self._get(self._incident_path(param["incident_id"]))
            if before["status"] == param["status"].upper() and not notes:
                return [{name: value for name, value in before.items() if name != "history"}], f"The status is {before['status']} already"
            row = self._patch(f"{self._incident_path(param['incident_id'])}/status", body)
            return [row], f"The status is {row['status']}"

        return self._answer(param, work)

    def _handle_set_owner(self, param):
        def work():
            row = self._patch(self._incident_path(param["incident_id"]), {"assigned_analyst": param.get("owner") or None})
            return [row], f"Assigned to {row['assigned_analyst'] or 'nobody'}"

        return self._answer(param, work)

    def _handle_add_note(self, param):
        def work():
            return [self._patch(self._incident_path(param["incident_id"]), {"notes": param["note"]})], "Note added"

        return self._answer(param, work)

    def _handle_get_cases(self, param):
        def work():
            names = ("incident_id", "entity", "status", "severity", "case_type")
            limit = self._whole(param.get("limit"), 50, "limit", consts.LARGEST_PAGE)
            page = self._get("/api/cases/search", limit=limit, **{name: param.get(name) for name in names})
            return page["cases"], f"Threat cases found: {len(page['cases'])}"

        return self._answer(param, work)

    def _handle_get_alerts(self, param):
        def work():
            limit = self._whole(param.get("limit"), 50, "limit", consts.LARGEST_PAGE)
            filters = {name: param.get(name) for name in ("entity", "rule", "host", "user", "level", "text")}
            if param.get("incident_id"):
                incident = self._get(self._incident_path(param["incident_id"]))
                actor = {"user": "user", "host": "host"}.get(incident["actor_type"], "text")
                filters.update({"entity": incident["entity_name"], actor: incident["group_key"]})
            page = self._get("/api/alerts", limit=limit, **filters)
            return page["alerts"], f"Alerts found: {len(page['alerts'])}"

        return self._answer(param, work)

    def _handle_get_exceptions(self, param):
        def work():
            rows = self._get("/api/exceptions")["exceptions"]
            return rows, f"Exceptions found: {len(rows)}"

        return self._answer(param, work)

    def _handle_get_exception_proposals(self, param):
        def work():
            rows = self._get(f"{self._incident_path(param['incident_id'])}/exceptions")["proposals"]
            return rows, f"Proposed exceptions: {len(rows)}"

        return self._answer(param, work)

    def handle_action(self, param):
        identifier = self.get_action_identifier()
        handler = getattr(self, f"_handle_{identifier}", None)
        if handler is None:
            return self.set_status(phantom.APP_ERROR, f"RhythmX Edge has no action {identifier}")
        return handler(param)
